/* spool: holds a message until its verdict.
 *
 * Up to a size the message is held in the memory of this process; beyond it is written, in blocks, to a file
 * of the spool directory that loses its name as soon as it is open. Other processes get a descriptor that
 * cannot change the bytes: a memfd, made and sealed when it is first needed, or the file through a second,
 * read-only descriptor opened before the name was removed. After that it is read from there, so what was
 * scanned is what is delivered.
 *
 * Does not mmap: an error of the disk would then be a signal. */
#ifndef POSTERN_SYS_SPOOL_H
#define POSTERN_SYS_SPOOL_H

#include "base/buf.h"

#include <stdint.h>

/* Embedded; SPOOL_EMPTY holds neither descriptor nor memory. */
struct spool {
    struct buf gathered; /* of a file: its end, not written yet */
    int fd;              /* the memfd, or the file, for writing; -1: all is in `gathered` */
    int read_only;       /* of a file; -1 for memory */
    uint64_t octets;
};

#define SPOOL_EMPTY ((struct spool){.fd = -1, .read_only = -1})

struct spool_settings {
    const char *directory;
    uint64_t memory_max_bytes;
};

/* False with errno: no space, no descriptor. Not after spool_share. */
bool spool_write(struct spool *spool, const struct spool_settings *settings, struct span bytes);
/* Truncates the message to `octets`. False with errno. Not after spool_share. */
bool spool_cut(struct spool *spool, uint64_t octets);
/* Ends writing. Returns the descriptor for other processes, which the spool owns; -1 with errno. */
int spool_share(struct spool *spool);
/* The next bytes from an offset, as many as are available at once; none at the end. False with errno. They
 * are valid until the next call for any spool; those of a message in memory, as long as it is. */
bool spool_view(struct spool *spool, uint64_t offset, struct span *bytes);
/* Free bytes for this user in the directory's file system; 0 with errno if unknown. */
uint64_t spool_free_bytes(const char *directory);
bool spool_is_in_memory(const struct spool *spool);
/* Frees everything; the spool is empty again. */
void spool_fini(struct spool *spool);

#endif
