/* spool: holds a message until its verdict.
 *
 * A message of up to memory_max_bytes is held in the memory of this process. A larger one is written, in
 * blocks, to a file of the spool directory; the name of the file is removed as soon as the file is open.
 * Other processes get a descriptor that cannot change the bytes: either a memfd, which spool_share makes and
 * seals, or a second, read-only descriptor of the file. After spool_share this process, too, reads the
 * message from the memfd or the file, so that it delivers the bytes that were scanned.
 *
 * The file is not mapped, because a disk error would then raise a signal (SIGBUS). */
#ifndef POSTERN_SYS_SPOOL_H
#define POSTERN_SYS_SPOOL_H

#include "base/buf.h"

#include <stdint.h>

/* Initially SPOOL_EMPTY, which holds neither descriptor nor memory. */
struct spool {
    struct buf buffered; /* the whole message, or its end, which is not written to the file yet */
    int fd;              /* the memfd or the file, open for reading and writing; -1: all is in `buffered` */
    int read_only;       /* the same file, open for reading; -1: there is no file */
    uint64_t octets;
};

#define SPOOL_EMPTY ((struct spool){.fd = -1, .read_only = -1})

struct spool_settings {
    const char *directory;
    uint64_t memory_max_bytes;
};

/* Appends to the message. False with errno. Must not be called after spool_share. */
bool spool_write(struct spool *spool, const struct spool_settings *settings, struct span bytes);
/* Truncates the message to `octets`. False with errno. Must not be called after spool_share. */
bool spool_cut(struct spool *spool, uint64_t octets);
/* Ends writing. Returns the descriptor for other processes, which the spool keeps; -1 with errno. */
int spool_share(struct spool *spool);
/* Sets *bytes to the bytes from this offset on, as many as one call can return; to none at the end of the
 * message. False with errno. The bytes are valid until the next spool_view of any spool, or until this spool
 * is changed, shared or freed. */
bool spool_view(struct spool *spool, uint64_t offset, struct span *bytes);
/* Returns the free bytes for this user in the directory's file system; 0 with errno if they are unknown. */
uint64_t spool_free_bytes(const char *directory);
/* True until a memfd or a file is opened. */
bool spool_is_in_memory(const struct spool *spool);
/* Closes and frees everything. The spool is then SPOOL_EMPTY again. */
void spool_fini(struct spool *spool);

#endif
