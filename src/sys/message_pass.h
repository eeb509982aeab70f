/* message_pass: reads a message in a file from beginning to end without blocking the event loop.
 *
 * Large messages are read in slices, one per iteration of the event loop. The file's offset is not used. */
#ifndef POSTERN_SYS_MESSAGE_PASS_H
#define POSTERN_SYS_MESSAGE_PASS_H

#include "base/span.h"

#include <event2/event.h>
#include <stdint.h>

struct message_pass;

struct message_pass_handlers {
    /* Takes the next bytes, valid during the call. If it returns false, the pass ends. */
    bool (*take)(void *context, struct span bytes);
    /* Called exactly once, unless the pass is cancelled, and never from within message_pass_start. is_whole:
     * all bytes were read and taken. The pass is freed after the call. */
    void (*done)(void *context, bool is_whole);
};

/* The caller keeps the descriptor, and must leave it open until `done` is called or the pass is cancelled. */
struct message_pass *message_pass_start(struct event_base *base, int fd, uint64_t size,
                                        const struct message_pass_handlers *handlers, void *context);
/* Ends a pass without a call of `done`. Must not be called from `done` or later: the pass is freed after
 * `done`. */
void message_pass_cancel(struct message_pass **pass);

#endif
