/* scan_parts: the parts of a message under every reading (mail/mime_parts), for the engines.
 *
 * The scan process must not parse mail; each step runs in a child of its own (sys/oneshot_child). The first step
 * finds out whether the message needs this at all (mail/mime_plain): most do not. The second writes one further
 * message that contains every part, decoded under every reading, in plain MIME (mail/mime_rewrite). */
#ifndef POSTERN_SCAN_SCAN_PARTS_H
#define POSTERN_SCAN_SCAN_PARTS_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct scan_parts;

enum scan_parts_result {
    SCAN_PARTS_PLAIN,    /* no part has another reading: there is no object */
    SCAN_PARTS_ODD,      /* the message needs the second step */
    SCAN_PARTS_MADE,     /* the object is made */
    SCAN_PARTS_EXTERNAL, /* a part is elsewhere (message/external-body); the object may be made */
    SCAN_PARTS_LIMITS,   /* some parts are missing: limits, a crash, or the deadline; no object */
    SCAN_PARTS_FAILED,   /* no process, memory or descriptor; no object */
};

/* Object -1: none; otherwise it is sealed, and the caller's. */
typedef void scan_parts_done(void *context, enum scan_parts_result result, int object, uint64_t size);

/* The first step; the result is PLAIN, ODD or FAILED. The descriptor must stay open until `done` or
 * scan_parts_cancel. `done` is never called from within. NULL: no process. */
struct scan_parts *scan_parts_look(struct event_base *base, int fd, scan_parts_done *done, void *context);
/* The second step, for a message of that size; the others are its results. */
struct scan_parts *scan_parts_make(struct event_base *base, int fd, uint64_t size, scan_parts_done *done,
                                   void *context);
void scan_parts_cancel(struct scan_parts **parts);

/* The size of the object that is made for a message of that size, at most. */
uint64_t scan_parts_max_bytes(uint64_t size);

#endif
