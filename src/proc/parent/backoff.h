/* backoff: the delay before a process that has died is restarted. Pure.
 *
 * Normally there is no delay. If a process dies BACKOFF_DEATHS times within BACKOFF_SPAN_MS, the delay is
 * BACKOFF_FIRST_MS. It doubles at each further death, up to BACKOFF_MAX_MS. When the process has lived for
 * BACKOFF_SPAN_MS, its next restart has no delay. */
#ifndef POSTERN_PROC_PARENT_BACKOFF_H
#define POSTERN_PROC_PARENT_BACKOFF_H

#include <stdint.h>

enum { BACKOFF_DEATHS = 5, BACKOFF_SPAN_MS = 10000, BACKOFF_FIRST_MS = 1000, BACKOFF_MAX_MS = 30000 };

struct backoff {
    uint64_t deaths_ms[BACKOFF_DEATHS]; /* ring of the last deaths */
    unsigned count;                     /* number of all deaths */
    uint64_t pause_ms;
};

/* Records that the process, which was started at started_ms, has died at now_ms. Returns the delay. Before
 * the first death, *backoff is {0}. */
uint64_t backoff_died(struct backoff *backoff, uint64_t started_ms, uint64_t now_ms);

#endif
