/* liveness: a process that does not answer: is it hung, or only busy or waiting? Pure.
 *
 * It is asked once a second while its parent's own event loop turns (liveness_is_late tells turns that do not
 * count: the parent itself was stopped, suspended or starved). An answer comes from its event loop. Without
 * one for LIVENESS_SILENT_S it is hung, unless what the kernel says of it explains the silence:
 *
 *     D       it waits for a disk, and could not be killed before that answers either
 *     t       a debugger holds it
 *     R       it computes, or waits for a processor: hung when it used LIVENESS_LOOP_MS of processor time
 * since it was asked; less than that is a machine that is starved
 *
 * Before it is READY it is asked nothing, for it may have much to load: then only T, stopped, counts.
 * proc(5). */
#ifndef POSTERN_CORE_LIVENESS_H
#define POSTERN_CORE_LIVENESS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    LIVENESS_TICK_MS = 1000,
    LIVENESS_LATE_MS = 3000,
    LIVENESS_SILENT_S = 8,       /* with the tick before and after it: within ten seconds */
    LIVENESS_UNKNOWN_FACTOR = 6, /* so much longer where the kernel says nothing of it */
    LIVENESS_LOOP_MS = 5000,
};

/* Of one process; {0} for a new one. */
struct liveness {
    bool is_asked;     /* and has not answered */
    unsigned silent_s; /* ticks since then that count */
    uint64_t cpu_ms;   /* what it had used at the first of them */
};

struct liveness_look {
    char state; /* as in /proc/PID/stat; 0: unknown */
    uint64_t cpu_ms;
};

enum liveness_is { LIVENESS_FINE, LIVENESS_SILENT, LIVENESS_HUNG };

/* So long after the last tick, this one says nothing about others. */
bool liveness_is_late(uint64_t last_ms, uint64_t now_ms);
/* One tick. FINE: ask it (again), if it is ready. `max_s`: as LIVENESS_SILENT_S, for those whose work takes
 * longer. */
enum liveness_is liveness_tick(struct liveness *process, const struct liveness_look *look, bool is_ready,
                               unsigned max_s);
/* False: it was not asked. */
bool liveness_answered(struct liveness *process);

#endif
