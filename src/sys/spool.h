/* spool: where a message is held until its verdict.
 *
 * Up to a size it is gathered in our own memory; beyond it goes, in blocks, to a file of the spool directory
 * that has no name from the moment it is opened. What others get is a descriptor that cannot change the
 * bytes: a memfd, made and sealed when it is first asked for, or the file through a second, read-only
 * descriptor opened before the name went. From then on it is read from there, so what is scanned is what is
 * delivered.
 *
 * What it refuses: to map a file, for a disk that fails would then be a signal. */
#ifndef POSTERN_SYS_SPOOL_H
#define POSTERN_SYS_SPOOL_H

#include "base/buf.h"

#include <stdint.h>

/* Embedded; SPOOL_EMPTY holds neither descriptor nor memory. */
struct spool {
    struct buf gathered; /* of a file: its end, not written yet */
    int fd;              /* the memfd, or the file, written through; -1: all is gathered */
    int read_only;       /* of a file; -1 for memory */
    uint64_t octets;
};

#define SPOOL_EMPTY ((struct spool){.fd = -1, .read_only = -1})

struct spool_settings {
    const char *directory;
    uint64_t memory_max_bytes;
};

/* False with errno: no room, no descriptor. Not after spool_share. */
bool spool_write(struct spool *spool, const struct spool_settings *settings, struct span bytes);
/* Takes the end off what was written: `octets` of it are left. False with errno. Not after spool_share. */
bool spool_cut(struct spool *spool, uint64_t octets);
/* Ends writing. The descriptor for others, still the spool's; -1 with errno. */
int spool_share(struct spool *spool);
/* The next bytes from an offset, as many as are at hand; none at the end. False with errno. They are valid
 * until the next call for any spool; of one in memory, as long as it is. */
bool spool_view(struct spool *spool, uint64_t offset, struct span *bytes);
/* What a process may still write into the directory; 0 with errno if that cannot be told. */
uint64_t spool_free_bytes(const char *directory);
bool spool_is_in_memory(const struct spool *spool);
/* Gives room back; the spool is empty again. */
void spool_fini(struct spool *spool);

#endif
