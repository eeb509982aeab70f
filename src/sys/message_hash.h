/* message_hash: the SHA-256 of a message in a file, computed without blocking the event loop.
 *
 * Large messages are read in slices, one per iteration of the event loop. The file's offset is not used. */
#ifndef POSTERN_SYS_MESSAGE_HASH_H
#define POSTERN_SYS_MESSAGE_HASH_H

#include "base/digest_map.h"
#include "base/span.h"

#include <event2/event.h>

struct message_hash;

/* Called exactly once, unless the hash is cancelled, and never from within message_hash_start. `digest` is
 * NULL if not all of the message could be read and hashed. The hash is freed after the call. */
typedef void message_hash_done(void *context, const struct digest *digest);

/* Call it once, before the process enters its sandbox: OpenSSL reads its configuration at the first use.
 * False: SHA-256 is not available. */
bool message_hash_prepare(void);

enum { MESSAGE_FINGERPRINT_BYTES = 1024 };
/* Returns a cheap fingerprint of a message's size and start. Collisions are possible. Of `start`, only the
 * first MESSAGE_FINGERPRINT_BYTES are used, rounded down to a multiple of 8. */
uint64_t message_fingerprint(struct span start, uint64_t size);
/* Computes the SHA-256 of bytes in memory during the call. False: SHA-256 is not available. */
bool message_hash_of(struct span bytes, struct digest *digest);

/* Starts to hash the file's first `size` bytes. The caller keeps the descriptor, and must leave it open until
 * `done` is called or the hash is cancelled. */
struct message_hash *message_hash_start(struct event_base *base, int fd, uint64_t size,
                                        message_hash_done *done, void *context);
/* Ends a hash without a call of `done`. Must not be called from `done` or later: the hash is freed after
 * `done`. */
void message_hash_cancel(struct message_hash **hash);

#endif
