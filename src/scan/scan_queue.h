/* scan_queue: gives objects of messages to the engines, and combines the engines' verdicts.
 *
 * Every object of a message is scanned by every configured engine; each pair of object and engine is queued
 * separately, and the worst verdict applies. scan/scan_choice chooses what an engine scans next. Clients that
 * have cost the engines little lately go first (scan/scan_clients). Of one client's objects, the smallest
 * goes first. An object that was passed over SCAN_QUEUE_PATIENCE times goes before younger ones [K4].
 *
 * An engine has deadline_ms for one object, not counting the time in the queue. If an engine cannot answer at
 * all (engine_class.is_ready) for about deadline_ms, its verdict on the objects that wait is `failed` [K3].
 *
 * The queue closes the descriptors that it is given. The caller keeps the engines. */
#ifndef POSTERN_SCAN_SCAN_QUEUE_H
#define POSTERN_SCAN_SCAN_QUEUE_H

#include "base/address.h"
#include "scan/engine.h"
#include "scan/scan_object.h"

#include <event2/event.h>

enum { SCAN_QUEUE_ENGINES_MAX = 16, SCAN_QUEUE_PATIENCE = 8 };

struct scan_queue;

struct scan_request {
    void *owner;            /* the requester */
    uint64_t id;            /* chosen by the owner */
    enum message_kind kind; /* of the message, and so of all its objects */
    uint8_t client[ADDRESS_CLIENT_SIZE];
    size_t count;                                 /* number of objects, at least 1 */
    struct scan_object objects[SCAN_OBJECTS_MAX]; /* the first is the message */
};

static inline void scan_request_set_message(struct scan_request *request, enum message_kind kind, int fd,
                                            uint64_t size)
{
    request->kind = kind;
    request->objects[0] = (struct scan_object){SCAN_OBJECT_MESSAGE, fd, size, "message"};
    request->count = 1;
}

void scan_request_close(const struct scan_request *request);

/* Called from the event loop, exactly once per request. Not called if scan_queue_withdraw has returned false
 * for the request, or after scan_queue_free. */
typedef void scan_queue_done(void *context, void *owner, uint64_t id, const struct verdict *verdict);

struct scan_queue *scan_queue_new(struct event_base *base, struct engine *const *engines, size_t engine_count,
                                  uint64_t deadline_ms, scan_queue_done *done, void *context);
/* Free the engines first: none may still have a job of the queue. */
void scan_queue_free(struct scan_queue **queue);
/* Takes the descriptors of the request. */
void scan_queue_add(struct scan_queue *queue, const struct scan_request *request);
/* Is an engine scanning an object of the owner's request, or has it scanned one? */
bool scan_queue_has_begun(const struct scan_queue *queue, const void *owner);
/* Drops the objects of the owner's request that still wait, and stops the scans of the other objects
 * (engine_stop). True: an engine is still scanning an object. `done` is called with the verdict `failed` when
 * the last scan has ended; the time until then counts as cost of the client. False: `done` is never called.
 * Call once per request. */
bool scan_queue_withdraw(struct scan_queue *queue, const void *owner);

#endif
