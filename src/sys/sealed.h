/* sealed: memory that is written piece by piece, and is then passed on as a descriptor. After that its
 * content cannot change. memfd_create(2), F_ADD_SEALS in fcntl(2). */
#ifndef POSTERN_SYS_SEALED_H
#define POSTERN_SYS_SEALED_H

#include "base/span.h"

#include <stdint.h>

enum { SEALED_BLOCK_BYTES = 65536 };

struct sealed {
    int fd;
    bool is_broken; /* memfd_create or a write failed; later writes are ignored */
    char *block;    /* bytes that are not written yet */
    size_t n;
};

#define SEALED_EMPTY ((struct sealed){.fd = -1})

/* A failure is reported by sealed_take. The name is shown in /proc. */
void sealed_init(struct sealed *sealed, const char *name);
void sealed_add(struct sealed *sealed, struct span bytes);
/* Ends writing. Returns the descriptor, which the caller must close; -1 if this or an earlier step failed. */
int sealed_take(struct sealed *sealed, uint64_t *size);
/* May also be called after sealed_take. */
void sealed_fini(struct sealed *sealed);

#endif
