/* scan_objects: makes the further objects that engines are shown of a message.
 *
 * They are a function of the message's bytes alone, made here rather than by the relay that asks: the verdict
 * of a message is remembered for all, so a relay must not decide what was looked at. Making them takes no
 * parsing of mail: mail/line_ends knows line ends and the first empty line, as a relay does, and works in
 * constant memory. Ordinary mail is read once more, and nothing is made of it.
 *
 * What is made lies in sealed memory. All of it together is bounded: a message waits until there is room for
 * its objects. */
#ifndef POSTERN_SCAN_SCAN_OBJECTS_H
#define POSTERN_SCAN_SCAN_OBJECTS_H

#include "scan/scan_queue.h"

struct scan_objects;     /* the maker, with its room */
struct scan_objects_job; /* of one request */

enum scan_objects_result {
    SCAN_OBJECTS_MADE,      /* all that there are; mostly none */
    SCAN_OBJECTS_TOO_LARGE, /* more than there is room for at any time; none was made */
    SCAN_OBJECTS_FAILED,    /* the message cannot be read, or no memory */
};

typedef void scan_objects_done(void *context, enum scan_objects_result result);

struct scan_objects *scan_objects_new(struct event_base *base, uint64_t max_bytes);
/* After its jobs. */
void scan_objects_free(struct scan_objects **objects);

/* The objects are appended to the request, and with them belong to its owner; so it has to stay until done,
 * which is never called from within. */
struct scan_objects_job *scan_objects_start(struct scan_objects *objects, struct scan_request *request,
                                            scan_objects_done *done, void *context);
/* When the objects are closed, or no longer wanted: their room is given to others. */
void scan_objects_end(struct scan_objects_job **job);

#endif
