#include "content/encrypted.h"

#include "content/office.h"
#include "content/pgp.h"
#include "content/rar.h"
#include "content/wrapped.h"

static const struct {
    const char *name;
    bool is_own;
} kinds[ENCRYPTED_COUNT] = {{"", false},
#define X(kind, name, is_own) {name, is_own},
                            ENCRYPTED_TABLE(X)
#undef X
};

enum encrypted encrypted_of(struct span file)
{
    const char *what;

    if (rar_is_encrypted(file))
        return ENCRYPTED_RAR;
    if (office_is_encrypted(file))
        return ENCRYPTED_OFFICE;
    if (wrapped_content(file, &what) == WRAPPED_ENCRYPTED)
        return ENCRYPTED_SMIME;
    return pgp_is_encrypted(file) ? ENCRYPTED_PGP : ENCRYPTED_NOT;
}

const char *encrypted_name(enum encrypted kind)
{
    return kinds[kind].name;
}

bool encrypted_is_own(enum encrypted kind)
{
    return kinds[kind].is_own;
}
