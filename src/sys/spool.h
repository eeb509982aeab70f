/* spool: holds a message until its verdict.
 *
 * A message of up to memory_max_bytes is held in the memory of this process. A larger one is written, in
 * blocks, to a file of the spool directory whose name is removed as soon as it is open. Other processes get a
 * descriptor that cannot change the bytes: a sealed memfd, made when it is first needed, or a second,
 * read-only descriptor of the file. Once it has shared a descriptor, this process, too, reads the message
 * from that file, so that what was scanned is delivered.
 *
 * The file is not mapped: an error of the disk would raise a signal (SIGBUS). */
#ifndef POSTERN_SYS_SPOOL_H
#define POSTERN_SYS_SPOOL_H

#include "base/buf.h"

#include <stdint.h>

/* Embedded; SPOOL_EMPTY holds neither descriptor nor memory. */
struct spool {
    struct buf buffered; /* all of the message, or the end that is not written to the file yet */
    int fd;              /* the memfd; or the file, open for writing; -1: all is in `buffered` */
    int read_only;       /* the same file, open for reading; -1: there is no file */
    uint64_t octets;
};

#define SPOOL_EMPTY ((struct spool){.fd = -1, .read_only = -1})

struct spool_settings {
    const char *directory;
    uint64_t memory_max_bytes;
};

/* Appends to the message. False with errno: no space, no descriptor. Must not be called after spool_share. */
bool spool_write(struct spool *spool, const struct spool_settings *settings, struct span bytes);
/* Truncates the message to `octets`. False with errno. Must not be called after spool_share. */
bool spool_cut(struct spool *spool, uint64_t octets);
/* Ends writing. Returns the descriptor for other processes, which remains the spool's; -1 with errno. */
int spool_share(struct spool *spool);
/* Gets the bytes at an offset, as many as one call can return; none at the end. False with errno. The bytes
 * are valid until the next spool_view of any spool, or until this spool is changed, shared or freed. */
bool spool_view(struct spool *spool, uint64_t offset, struct span *bytes);
/* Returns the free bytes for this user in the directory's file system; 0 with errno if they are unknown. */
uint64_t spool_free_bytes(const char *directory);
/* True until a memfd or a file is opened. */
bool spool_is_in_memory(const struct spool *spool);
/* Closes and frees everything; the spool is empty again. */
void spool_fini(struct spool *spool);

#endif
