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
 * NULL if the message could not be read in full. After the call the hash is freed. */
typedef void message_hash_done(void *context, const struct digest *digest);

/* Call it once, before the process enters its sandbox: OpenSSL reads its configuration at the first use.
 * False: SHA-256 is not available. */
bool message_hash_prepare(void);

enum { MESSAGE_FINGERPRINT_BYTES = 1024 };
/* Returns a cheap fingerprint of a message's size and start. At most MESSAGE_FINGERPRINT_BYTES count, and
 * only whole words of 8 octets: the last 1 to 7 octets of a start that is not a multiple of 8 octets are
 * ignored. Collisions are possible. */
uint64_t message_fingerprint(struct span start, uint64_t size);
/* Computes the SHA-256 of bytes in memory, before it returns. False: SHA-256 is not available. */
bool message_hash_of(struct span bytes, struct digest *digest);

/* Starts the hash of the file's first `size` bytes. The descriptor remains the caller's, and must stay open
 * until `done` is called or the hash is cancelled. */
struct message_hash *message_hash_start(struct event_base *base, int fd, uint64_t size,
                                        message_hash_done *done, void *context);
/* Cancels a hash for which `done` has not been called; it will not be called. */
void message_hash_cancel(struct message_hash **hash);

#endif
