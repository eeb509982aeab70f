/* backoff: the delay before a process that died is restarted. Pure.
 *
 * Normally there is none. If a process dies BACKOFF_DEATHS times within BACKOFF_SPAN_MS, a restart alone does
 * not help: then there is a delay, which doubles at each further death up to BACKOFF_MAX_MS, until the
 * process has lived for the span. */
#ifndef POSTERN_PROC_PARENT_BACKOFF_H
#define POSTERN_PROC_PARENT_BACKOFF_H

#include <stdint.h>

enum { BACKOFF_DEATHS = 5, BACKOFF_SPAN_MS = 10000, BACKOFF_FIRST_MS = 1000, BACKOFF_MAX_MS = 30000 };

struct backoff {
    uint64_t deaths_ms[BACKOFF_DEATHS]; /* the latest, a ring; {0} for a process that never died */
    unsigned count;
    uint64_t pause_ms;
};

/* Records a death at now_ms of a process that started at started_ms. Returns the milliseconds to wait. */
uint64_t backoff_died(struct backoff *backoff, uint64_t started_ms, uint64_t now_ms);

#endif
