/* message_hash: the SHA-256 of a message in a file, computed without blocking the event loop.
 *
 * Large messages are read in slices, one per iteration of the event loop. The file's offset is not used. */
#ifndef POSTERN_SYS_MESSAGE_HASH_H
#define POSTERN_SYS_MESSAGE_HASH_H

#include "base/digest_map.h"
#include "base/span.h"

#include <event2/event.h>

struct message_hash;

/* `digest` is NULL if the message could not be read in full. Never called from within message_hash_start; the
 * hash is freed after the call. The descriptor remains the caller's, and must stay open until then. */
typedef void message_hash_done(void *context, const struct digest *digest);

/* Called once, before a process enters its sandbox: OpenSSL reads its configuration at the first use. False:
 * SHA-256 is not available. */
bool message_hash_prepare(void);

enum { MESSAGE_FINGERPRINT_BYTES = 1024 };
/* Returns a cheap fingerprint of a message's size and start: its first MESSAGE_FINGERPRINT_BYTES, or all of a
 * shorter message. Collisions are possible. */
uint64_t message_fingerprint(struct span start, uint64_t size);
/* Hashes bytes in memory at once. False: SHA-256 is not available. */
bool message_hash_of(struct span bytes, struct digest *digest);

struct message_hash *message_hash_start(struct event_base *base, int fd, uint64_t size,
                                        message_hash_done *done, void *context);
/* Cancels a hash that is not done. */
void message_hash_cancel(struct message_hash **hash);

#endif
