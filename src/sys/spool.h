/* spool: holds a message until its verdict.
 *
 * A message of up to memory_max_bytes is held in the memory of this process. A larger one is written, in
 * blocks, to a file of the spool directory whose name is removed as soon as it is open. Other processes get a
 * descriptor that cannot change the bytes: a sealed memfd, made when it is first needed, or a second,
 * read-only descriptor of the file. From then on the message is read from there, so that what was scanned is
 * delivered.
 *
 * Does not mmap: an error of the disk would be a signal. */
#ifndef POSTERN_SYS_SPOOL_H
#define POSTERN_SYS_SPOOL_H

#include "base/buf.h"

#include <stdint.h>

/* Embedded; SPOOL_EMPTY holds neither descriptor nor memory. */
struct spool {
    struct buf buffered; /* all of the message, or the end that is not written to the file yet */
    int fd;              /* the memfd, or the file, for writing; -1: all is in `buffered` */
    int read_only;       /* the file again; -1: there is no file */
    uint64_t octets;
};

#define SPOOL_EMPTY ((struct spool){.fd = -1, .read_only = -1})

struct spool_settings {
    const char *directory;
    uint64_t memory_max_bytes;
};

/* Appends to the message. False with errno: no space, no descriptor. Not after spool_share. */
bool spool_write(struct spool *spool, const struct spool_settings *settings, struct span bytes);
/* Truncates the message to `octets`. False with errno. Not after spool_share. */
bool spool_cut(struct spool *spool, uint64_t octets);
/* Ends writing. Returns the descriptor for other processes, which remains the spool's; -1 with errno. */
int spool_share(struct spool *spool);
/* Gets the bytes at an offset, as many as are available at once; none at the end. False with errno. They are
 * valid until the next call for any spool, and those of a message in memory as long as it is there. */
bool spool_view(struct spool *spool, uint64_t offset, struct span *bytes);
/* Returns the free bytes for this user in the directory's file system; 0 with errno if they are unknown. */
uint64_t spool_free_bytes(const char *directory);
/* True until a memfd or a file is opened. */
bool spool_is_in_memory(const struct spool *spool);
/* Frees everything; the spool is empty again. */
void spool_fini(struct spool *spool);

#endif
