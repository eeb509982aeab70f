/* scan_objects: makes the further objects of a message for the engines.
 *
 * The objects depend only on the bytes of the message. The scan process makes them, not a relay: the verdict
 * on a message is cached for all relays, so no relay may decide what is scanned. The readings with other line
 * ends need no mail parser: mail/line_ends only finds line ends and the first empty line. Children decode the
 * parts (scan/scan_parts). An ordinary message is read once here and once by a child, and has no further
 * objects.
 *
 * The objects are in sealed memory. Their total size is limited: a message waits until its objects fit. */
#ifndef POSTERN_SCAN_SCAN_OBJECTS_H
#define POSTERN_SCAN_SCAN_OBJECTS_H

#include "scan/scan_queue.h"

struct scan_objects;     /* the maker; limits the memory of all objects */
struct scan_objects_job; /* the objects of one request */

enum scan_objects_result {
    SCAN_OBJECTS_MADE,      /* all are made; usually there are none */
    SCAN_OBJECTS_TOO_LARGE, /* some are missing: they exceed the budget, or SCAN_PARTS_LIMITS */
    SCAN_OBJECTS_AMBIGUOUS, /* all are made, but the ordinary reading hides a part (mail/mime_hidden) */
    SCAN_OBJECTS_ENCRYPTED, /* all of them, but a part opens only with a password or a key */
    SCAN_OBJECTS_EXTERNAL,  /* a part is not in the message (message/external-body) */
    SCAN_OBJECTS_DAMAGED,   /* TNEF in the message cannot be read to its end */
    SCAN_OBJECTS_FAILED,    /* the message cannot be read; or no memory, process or descriptor */
};

typedef void scan_objects_done(void *context, enum scan_objects_result result);

struct scan_objects *scan_objects_new(struct event_base *base, uint64_t max_bytes);
/* Free the jobs first. */
void scan_objects_free(struct scan_objects **objects);

/* Appends the objects to the request, which owns them. The request must stay valid until `done` is called or
 * the job is ended. `done` is never called from within. */
struct scan_objects_job *scan_objects_start(struct scan_objects *objects, struct scan_request *request,
                                            scan_objects_done *done, void *context);
/* Ends the job. If it is in progress, `done` is not called. Otherwise call this when the objects are closed
 * or about to be closed: waiting jobs may use the memory of the objects from then on. */
void scan_objects_end(struct scan_objects_job **job);

#endif
