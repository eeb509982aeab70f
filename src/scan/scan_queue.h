/* scan_queue: which message an engine looks at next, and what all engines together say of it.
 *
 * Every object of a message is shown to every configured engine; each has its own place in the line, and the
 * worst verdict counts. An engine with a free slot gets the message of the client that has the fewest
 * messages in that engine, and among those of the client that was served longest ago; of one client's
 * messages the smallest, but the oldest one after it has been passed over SCAN_QUEUE_PATIENCE times [K4].
 *
 * An engine's time for one message is deadline_ms, not counting time in the line. While an engine cannot
 * answer at all (engine_class.is_ready), messages wait for it no longer than deadline_ms, then it has
 * `failed` for them [K3].
 *
 * The queue owns the descriptors it is given; engines stay the caller's, and have to outlive it. */
#ifndef POSTERN_SCAN_SCAN_QUEUE_H
#define POSTERN_SCAN_SCAN_QUEUE_H

#include "scan/engine.h"
#include "scan/scan_object.h"

#include <event2/event.h>

enum { SCAN_QUEUE_ENGINES_MAX = 16, SCAN_QUEUE_PATIENCE = 8 };

struct scan_queue;

struct scan_request {
    void *owner;            /* who asks: scan_queue_forget takes all of its requests away */
    uint64_t id;            /* the owner's */
    enum message_kind kind; /* of the message, and so of all objects that were made of it */
    uint8_t client[16];
    size_t count;                                 /* of the objects, at least 1 */
    struct scan_object objects[SCAN_OBJECTS_MAX]; /* their descriptors are taken */
};

static inline void scan_request_set_message(struct scan_request *request, enum message_kind kind, int fd,
                                            uint64_t size)
{
    request->kind = kind;
    request->objects[0] = (struct scan_object){SCAN_OBJECT_MESSAGE, fd, size, "message"};
    request->count = 1;
}

void scan_request_close(const struct scan_request *request);

/* Called from the event loop exactly once for each request whose owner was not forgotten. */
typedef void scan_queue_done(void *context, void *owner, uint64_t id, const struct verdict *verdict);

struct scan_queue *scan_queue_new(struct event_base *base, struct engine *const *engines, size_t engine_count,
                                  uint64_t deadline_ms, scan_queue_done *done, void *context);
/* Before its engines are freed nobody may hold a job of it: free the engines first, then the queue. */
void scan_queue_free(struct scan_queue **queue);
void scan_queue_add(struct scan_queue *queue, const struct scan_request *request);
/* The owner is gone: what waits is dropped, what an engine has in hand is answered to nobody. */
void scan_queue_forget(struct scan_queue *queue, const void *owner);
/* Requests not answered yet, forgotten ones in hand included. */
size_t scan_queue_length(const struct scan_queue *queue);

#endif
