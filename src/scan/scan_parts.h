/* scan_parts: the parts of a message under every reading (mail/mime_parts), for the engines.
 *
 * The scan process must not parse mail, so child processes do. There are two steps. The first finds out
 * whether mail programs may read parts of the message differently (mail/mime_plain), and how large these
 * parts are. Well-formed messages have no such parts. The second step writes one further message in plain
 * MIME (mail/mime_rewrite): it contains every part, decoded under every reading.
 *
 * In the first step, a child that stays running (scan/quick_check) recognises most well-formed messages.
 * Every other message is parsed in a child of its own (sys/oneshot_child). */
#ifndef POSTERN_SCAN_SCAN_PARTS_H
#define POSTERN_SCAN_SCAN_PARTS_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

/* Runs at most SCAN_PARTS_CHILDREN_MAX children at once, and at most SCAN_PARTS_LARGE_MAX for messages larger
 * than SCAN_PARTS_LARGE_BYTES, so that large messages do not hold up all others. The oldest step that may
 * start goes first. */
struct scan_parts_maker;
struct scan_parts; /* one step for one message */

enum { SCAN_PARTS_CHILDREN_MAX = 8, SCAN_PARTS_LARGE_MAX = 4, SCAN_PARTS_LARGE_BYTES = 4 << 20 };

enum scan_parts_result {
    SCAN_PARTS_ALL,
    SCAN_PARTS_AMBIGUOUS, /* all, but the ordinary reading hides a part (mail/mime_hidden) */
    SCAN_PARTS_ENCRYPTED, /* all, but a part opens only with a password or a key (content/encrypted) */
    SCAN_PARTS_EXTERNAL,  /* a part is not in the message (message/external-body) */
    SCAN_PARTS_DAMAGED,   /* TNEF cannot be read to its end */
    SCAN_PARTS_LIMITS,    /* parts are missing: limits, a crash, or the deadline */
    SCAN_PARTS_FAILED,    /* no process, memory or descriptor */
};

/* First step: `size` is the maximum size of the object that the second step will make; 0: no object is
 * needed.
 *
 * Second step: `object` is a sealed memfd of that size, and the caller must close it; -1: there is no object.
 * Only the first step looks for SCAN_PARTS_AMBIGUOUS and SCAN_PARTS_ENCRYPTED. */
typedef void scan_parts_done(void *context, enum scan_parts_result result, int object, uint64_t size);

struct scan_parts_maker *scan_parts_maker_new(struct event_base *base);
/* Cancel the steps first. */
void scan_parts_maker_free(struct scan_parts_maker **maker);

/* The descriptor must stay open until `done` is called or the step is cancelled. `done` is never called from
 * within. NULL: no process, memory or descriptor is available. */
struct scan_parts *scan_parts_find(struct scan_parts_maker *maker, int fd, uint64_t size,
                                   scan_parts_done *done, void *context);
/* max_bytes: the size that the first step has returned. */
struct scan_parts *scan_parts_make(struct scan_parts_maker *maker, int fd, uint64_t size, uint64_t max_bytes,
                                   scan_parts_done *done, void *context);
void scan_parts_cancel(struct scan_parts **parts);

#endif
