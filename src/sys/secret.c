#include "sys/secret.h"

#include "sys/shared_readonly.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

bool secret_init(struct secret *secret)
{
    int reason;

    *secret = SECRET_EMPTY;
    secret->p = shared_readonly_new("secret", SECRET_SIZE, &secret->fd);
    if (secret->p && mlock(secret->p, SECRET_SIZE) == 0 &&
        madvise(secret->p, SECRET_SIZE, MADV_DONTFORK) == 0 &&
        madvise(secret->p, SECRET_SIZE, MADV_DONTDUMP) == 0)
        return true;
    reason = errno;
    secret_fini(secret);
    errno = reason;
    return false;
}

void secret_fini(struct secret *secret)
{
    if (secret->p)
        explicit_bzero(secret->p, SECRET_SIZE);
    shared_readonly_free(secret->p, SECRET_SIZE);
    if (secret->fd >= 0)
        close(secret->fd);
    *secret = SECRET_EMPTY;
}
