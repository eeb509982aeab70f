/* message_hash: the SHA-256 of a message behind a descriptor, without holding up the event loop.
 *
 * Large ones are read in slices, one each time the loop comes round. The file's offset is not used. */
#ifndef POSTERN_SYS_MESSAGE_HASH_H
#define POSTERN_SYS_MESSAGE_HASH_H

#include "base/digest_map.h"
#include "base/span.h"

#include <event2/event.h>

struct message_hash;

/* `digest` is NULL if the message could not be read to its size; the hash is freed after the call. Never
 * called from within message_hash_start. fd stays the caller's and has to stay open until then. */
typedef void message_hash_done(void *context, const struct digest *digest);

/* Once, before a process is fenced in: OpenSSL reads its configuration at the first use. False: no SHA-256 is
 * to be had. */
bool message_hash_prepare(void);

/* What can be told of a message at a glance, by its size and its start: others have another, mostly. `start`
 * is its first MESSAGE_GLANCE_BYTES, or all of it. */
enum { MESSAGE_GLANCE_BYTES = 1024 };
uint64_t message_glance(struct span start, uint64_t size);
/* Of what lies in memory, at once. False: it cannot be had. */
bool message_hash_of(struct span bytes, struct digest *digest);

struct message_hash *message_hash_start(struct event_base *base, int fd, uint64_t size,
                                        message_hash_done *done, void *context);
/* Before it is done: nobody wants to know any more. */
void message_hash_cancel(struct message_hash **hash);

#endif
