/* partial_checks: checks all objects of a request for message/partial, one after another
 * (scan/partial_check). */
#ifndef POSTERN_SCAN_PARTIAL_CHECKS_H
#define POSTERN_SCAN_PARTIAL_CHECKS_H

#include "scan/scan_queue.h"

struct partial_checks;

enum partial_checks_result {
    PARTIAL_CHECKS_NONE,   /* no object is a fragment */
    PARTIAL_CHECKS_FOUND,  /* an object is a fragment, or a child gave no answer */
    PARTIAL_CHECKS_FAILED, /* no process or descriptor */
};

/* The checks are already freed when this is called. */
typedef void partial_checks_done(void *context, enum partial_checks_result result);

/* Duplicates the descriptors of the objects. `done` is never called from within. NULL: no process or
 * descriptor. */
struct partial_checks *partial_checks_start(struct event_base *base, const struct scan_request *request,
                                            partial_checks_done *done, void *context);
/* Ends and frees the checks without a call of `done`. */
void partial_checks_cancel(struct partial_checks **checks);

#endif
