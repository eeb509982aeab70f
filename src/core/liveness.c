#include "core/liveness.h"

bool liveness_is_late(uint64_t last_ms, uint64_t now_ms)
{
    return last_ms && now_ms - last_ms >= LIVENESS_LATE_MS;
}

/* True if this tick counts as a tick without an answer. */
static bool is_counted(const struct liveness_sample *sample, bool is_ready)
{
    switch (sample->state) {
    case 'D':
    case 't':
    case 'Z':
    case 'X': return false;
    case 'T': return true;
    default: return is_ready;
    }
}

static bool is_hung(const struct liveness *process, const struct liveness_sample *sample, unsigned max_s)
{
    if (process->silent_s < max_s)
        return false;
    if (sample->state == 'R')
        return sample->cpu_ms - process->cpu_ms >= LIVENESS_LOOP_MS;
    return sample->state || process->silent_s >= max_s * LIVENESS_UNKNOWN_FACTOR;
}

enum liveness_result liveness_tick(struct liveness *process, const struct liveness_sample *sample,
                                   bool is_ready, unsigned max_s)
{
    if (is_ready ? !process->is_asked : sample->state != 'T') {
        *process = (struct liveness){.is_asked = is_ready};
        return LIVENESS_FINE;
    }
    if (!is_counted(sample, is_ready))
        return LIVENESS_SILENT;
    if (process->silent_s++ == 0)
        process->cpu_ms = sample->cpu_ms;
    return is_hung(process, sample, max_s) ? LIVENESS_HUNG : LIVENESS_SILENT;
}

bool liveness_answered(struct liveness *process)
{
    bool was_asked = process->is_asked;

    *process = (struct liveness){0};
    return was_asked;
}
