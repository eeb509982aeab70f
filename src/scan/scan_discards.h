/* scan_discards: requests that were taken back while an engine was scanning them.
 *
 * scan/scan_queue closes the objects of such a request when its engines have ended, and reports nothing. Its
 * length shows how many such requests are left. It does not show which one has ended; the oldest is assumed.
 * The length is read every SCAN_DISCARDS_MS. */
#ifndef POSTERN_SCAN_SCAN_DISCARDS_H
#define POSTERN_SCAN_SCAN_DISCARDS_H

#include "scan/scan_objects.h"

enum { SCAN_DISCARDS_MS = 100 };

struct scan_discards;

/* *queued: the number of requests in the queue that were not taken back. `ended` is called with the verdict
 * `failed` when the objects of a request have been closed, unless its owner was forgotten. */
struct scan_discards *scan_discards_new(struct event_base *base, const struct scan_queue *queue,
                                        const size_t *queued, scan_queue_done *ended, void *context);
void scan_discards_free(struct scan_discards **discards);
/* owner NULL: nothing is reported. Takes the job, or NULL, whose memory stays reserved. */
void scan_discards_add(struct scan_discards *discards, void *owner, uint64_t id,
                       struct scan_objects_job **objects);
void scan_discards_forget(struct scan_discards *discards, const void *owner);

#endif
