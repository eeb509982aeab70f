/* spool: where a message is held until its verdict.
 *
 * In memory (a memfd) up to a size, then in a file of the spool directory that has no name from the moment it
 * is opened. What others get is a descriptor that cannot change the bytes: the memfd sealed, or the file
 * through a second, read-only descriptor opened before the name went. So what is scanned is what is
 * delivered. */
#ifndef POSTERN_SYS_SPOOL_H
#define POSTERN_SYS_SPOOL_H

#include "base/span.h"

#include <stdint.h>
#include <sys/types.h>

/* Embedded; SPOOL_EMPTY holds no descriptor. */
struct spool {
    int fd;        /* written through; -1: nothing yet */
    int read_only; /* of a file; -1 for memory */
    bool sealed;
    uint64_t octets;
};

#define SPOOL_EMPTY ((struct spool){.fd = -1, .read_only = -1})

struct spool_settings {
    const char *directory;
    uint64_t memory_max_bytes;
};

/* False with errno: no room, no descriptor. What was written stays. */
bool spool_write(struct spool *spool, const struct spool_settings *settings, struct span bytes);
/* Ends writing. The descriptor for others, still the spool's; -1 with errno. */
int spool_share(struct spool *spool);
/* Reads at an offset; -1 with errno. */
ssize_t spool_read(const struct spool *spool, uint64_t offset, char *into, size_t room);
/* Gives room back; the spool is empty again. */
void spool_fini(struct spool *spool);

#endif
