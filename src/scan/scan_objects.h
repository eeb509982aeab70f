/* scan_objects: makes the further objects of a message for the engines.
 *
 * The objects depend on the message's bytes alone, and are not made by the relay: the verdict on a message is
 * cached for all relays, so no relay may decide what is scanned. No mail parser is needed for the forms with
 * other line ends: mail/line_ends finds line ends and the first empty line, as a relay does, and works in
 * constant memory. A child decodes the parts (scan/scan_parts). An ordinary message is read once more here
 * and once by a child, and has no further objects.
 *
 * The objects are in sealed memory. Its total size is limited: a message waits until its objects fit. */
#ifndef POSTERN_SCAN_SCAN_OBJECTS_H
#define POSTERN_SCAN_SCAN_OBJECTS_H

#include "scan/scan_queue.h"

struct scan_objects;     /* the maker and its memory budget */
struct scan_objects_job; /* the objects of one request */

enum scan_objects_result {
    SCAN_OBJECTS_MADE,      /* all of them; usually none */
    SCAN_OBJECTS_TOO_LARGE, /* some are missing: they exceed the budget, or the limits of scan/scan_parts */
    SCAN_OBJECTS_AMBIGUOUS, /* all of them, but mail programs may differ about a part (mail/mime_hidden) */
    SCAN_OBJECTS_EXTERNAL,  /* a part is not in the message (message/external-body) */
    SCAN_OBJECTS_FAILED,    /* the message cannot be read, or memory is lacking */
};

typedef void scan_objects_done(void *context, enum scan_objects_result result);

struct scan_objects *scan_objects_new(struct event_base *base, uint64_t max_bytes);
/* Free the jobs first. */
void scan_objects_free(struct scan_objects **objects);

/* Appends the objects to the request, which then owns them and must not be freed before done is called. done
 * is never called from within. */
struct scan_objects_job *scan_objects_start(struct scan_objects *objects, struct scan_request *request,
                                            scan_objects_done *done, void *context);
/* Call when the objects are closed or no longer needed. Waiting jobs can then use their memory. */
void scan_objects_end(struct scan_objects_job **job);

#endif
