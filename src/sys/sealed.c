#include "sys/sealed.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void sealed_init(struct sealed *sealed, const char *name)
{
    *sealed = SEALED_EMPTY;
    sealed->fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    sealed->is_broken = sealed->fd < 0;
    sealed->block = mem_grow(NULL, SEALED_BLOCK_BYTES, 1);
}

static void flush(struct sealed *sealed)
{
    struct span left = {sealed->block, sealed->n};

    sealed->n = 0;
    while (left.n && !sealed->is_broken) {
        ssize_t n = write(sealed->fd, left.p, left.n);

        if (n > 0)
            left = span_from(left, (size_t)n);
        else if (n == 0 || errno != EINTR)
            sealed->is_broken = true;
    }
}

void sealed_add(struct sealed *sealed, struct span bytes)
{
    while (bytes.n) {
        struct span part = span_first(bytes, SEALED_BLOCK_BYTES - sealed->n);

        memcpy(sealed->block + sealed->n, part.p, part.n);
        sealed->n += part.n;
        bytes = span_from(bytes, part.n);
        if (sealed->n == SEALED_BLOCK_BYTES)
            flush(sealed);
    }
}

int sealed_take(struct sealed *sealed, uint64_t *size)
{
    struct stat status;
    int fd = -1;

    flush(sealed);
    if (!sealed->is_broken && fstat(sealed->fd, &status) == 0 &&
        fcntl(sealed->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
        fd = sealed->fd;
        sealed->fd = -1;
        *size = (uint64_t)status.st_size;
    }
    return fd;
}

void sealed_fini(struct sealed *sealed)
{
    if (sealed->fd >= 0)
        close(sealed->fd);
    free(sealed->block);
    *sealed = SEALED_EMPTY;
}
