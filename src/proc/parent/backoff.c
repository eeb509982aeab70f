#include "proc/parent/backoff.h"

#include <stdbool.h>

uint64_t backoff_died(struct backoff *backoff, uint64_t started_ms, uint64_t now_ms)
{
    uint64_t *oldest = &backoff->deaths_ms[backoff->count % BACKOFF_DEATHS];
    bool is_often;

    backoff->count++;
    *oldest = now_ms;
    oldest = &backoff->deaths_ms[backoff->count % BACKOFF_DEATHS];
    is_often = backoff->count >= BACKOFF_DEATHS && now_ms - *oldest < BACKOFF_SPAN_MS;
    if (now_ms - started_ms >= BACKOFF_SPAN_MS)
        backoff->pause_ms = 0;
    else if (is_often && backoff->pause_ms == 0)
        backoff->pause_ms = BACKOFF_FIRST_MS;
    else if (backoff->pause_ms)
        backoff->pause_ms = backoff->pause_ms * 2 < BACKOFF_MAX_MS ? backoff->pause_ms * 2 : BACKOFF_MAX_MS;
    return backoff->pause_ms;
}
