/* scan_queue: chooses the message that an engine scans next, and combines the verdicts of all engines.
 *
 * Every object of a message is scanned by every configured engine; each pair has its own place in the queue,
 * and the worst verdict counts. An engine with a free slot is given a message of the client that has the
 * fewest messages in that engine and, among those clients, was served longest ago. Of that client's messages
 * the smallest is taken, but the oldest one after it has been passed over SCAN_QUEUE_PATIENCE times [K4].
 *
 * An engine has deadline_ms for one message, not counting time in the queue. While an engine cannot answer at
 * all (engine_class.is_ready), messages wait for it for at most deadline_ms; then its verdict on them is
 * `failed` [K3].
 *
 * The queue owns the descriptors it is given. The caller keeps the engines, which must outlive the queue. */
#ifndef POSTERN_SCAN_SCAN_QUEUE_H
#define POSTERN_SCAN_SCAN_QUEUE_H

#include "scan/engine.h"
#include "scan/scan_object.h"

#include <event2/event.h>

enum { SCAN_QUEUE_ENGINES_MAX = 16, SCAN_QUEUE_PATIENCE = 8 };

struct scan_queue;

struct scan_request {
    void *owner;            /* the requester; see scan_queue_forget */
    uint64_t id;            /* chosen by the owner */
    enum message_kind kind; /* of the message, and so of all its objects */
    uint8_t client[16];
    size_t count;                                 /* number of objects, at least 1 */
    struct scan_object objects[SCAN_OBJECTS_MAX]; /* the queue takes their descriptors */
};

static inline void scan_request_set_message(struct scan_request *request, enum message_kind kind, int fd,
                                            uint64_t size)
{
    request->kind = kind;
    request->objects[0] = (struct scan_object){SCAN_OBJECT_MESSAGE, fd, size, "message"};
    request->count = 1;
}

void scan_request_close(const struct scan_request *request);

/* Called from the event loop exactly once per request, unless its owner was forgotten. */
typedef void scan_queue_done(void *context, void *owner, uint64_t id, const struct verdict *verdict);

struct scan_queue *scan_queue_new(struct event_base *base, struct engine *const *engines, size_t engine_count,
                                  uint64_t deadline_ms, scan_queue_done *done, void *context);
/* Free the engines first, then the queue: an engine must not hold one of its jobs any more. */
void scan_queue_free(struct scan_queue **queue);
void scan_queue_add(struct scan_queue *queue, const struct scan_request *request);
/* The owner is gone: its waiting requests are dropped, verdicts on those in progress are discarded. */
void scan_queue_forget(struct scan_queue *queue, const void *owner);
/* Number of requests not yet answered, including forgotten ones in progress. */
size_t scan_queue_length(const struct scan_queue *queue);

#endif
