/* backoff: how long to wait before a process that died is started again. Pure.
 *
 * At once, as a rule. A process that died BACKOFF_DEATHS times within BACKOFF_SPAN_MS is in trouble that
 * starting it again does not mend: then a pause, doubled at each further death up to BACKOFF_MAX_MS, until it
 * has lived for the span. */
#ifndef POSTERN_PROC_PARENT_BACKOFF_H
#define POSTERN_PROC_PARENT_BACKOFF_H

#include <stdint.h>

enum { BACKOFF_DEATHS = 5, BACKOFF_SPAN_MS = 10000, BACKOFF_FIRST_MS = 1000, BACKOFF_MAX_MS = 30000 };

struct backoff {
    uint64_t deaths_ms[BACKOFF_DEATHS]; /* the last ones, a ring; {0} is a process that never died */
    unsigned count;
    uint64_t pause_ms;
};

/* It died at now_ms, having started at started_ms: the milliseconds to wait. */
uint64_t backoff_died(struct backoff *backoff, uint64_t started_ms, uint64_t now_ms);

#endif
