/* encrypted: content that opens only with a password or a private key.
 *
 * Postern recognises some kinds with encrypted_of, for every engine. libclamav reports the others: in engine
 * builtin always, in clamd only with AlertEncrypted. Pure; linear; allocates nothing. */
#ifndef POSTERN_CONTENT_ENCRYPTED_H
#define POSTERN_CONTENT_ENCRYPTED_H

#include "base/span.h"

/* X(kind, name, is_own) */
#define ENCRYPTED_TABLE(X)    \
    X(ZIP, "zip", false)      \
    X(7Z, "7z", false)        \
    X(PDF, "pdf", false)      \
    X(RAR, "rar", true)       \
    X(OFFICE, "office", true) \
    X(SMIME, "smime", true)   \
    X(PGP, "pgp", true)

enum encrypted {
    ENCRYPTED_NOT,
#define X(kind, name, is_own) ENCRYPTED_##kind,
    ENCRYPTED_TABLE(X)
#undef X
        ENCRYPTED_COUNT
};

/* Returns the kind, if Postern recognises it. */
enum encrypted encrypted_of(struct span file);

const char *encrypted_name(enum encrypted kind); /* "office" */
bool encrypted_is_own(enum encrypted kind);      /* recognised by Postern */

#endif
