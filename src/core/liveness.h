/* liveness: decides whether a process that does not answer is hung, or only busy or waiting. Pure.
 *
 * Once per second the event loop of the parent calls liveness_tick and asks each process, and the event loop
 * of that process answers. (liveness_is_late finds ticks that do not count because the parent itself was
 * stopped, suspended or starved.) A process that gives no answer for LIVENESS_SILENT_S is hung, unless its
 * state in the kernel explains the silence:
 *
 *     D       it waits for a disk, and could not be killed before the disk answers
 *     t       it is stopped by a debugger
 *     R       it runs or waits for a processor: it is hung if it has used LIVENESS_LOOP_MS of processor time
 *             since the first tick without an answer; with less, the
 *             machine is starved
 *     Z, X    it has ended, and is about to be reaped
 *
 * A process that is not READY yet may have much to load, and is not asked: it is hung only if it was in state
 * T (stopped by a signal) for that long. proc(5). */
#ifndef POSTERN_CORE_LIVENESS_H
#define POSTERN_CORE_LIVENESS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    LIVENESS_TICK_MS = 1000,
    LIVENESS_LATE_MS = 3000,
    LIVENESS_SILENT_S = 8, /* a hang is found within ten seconds, including the ticks that ask and judge */
    LIVENESS_UNKNOWN_FACTOR = 6, /* factor by which the limit grows if the state is unknown */
    LIVENESS_LOOP_MS = 5000,
};

/* Of one process; {0} for a new one. */
struct liveness {
    bool is_asked;     /* it was asked, and has not answered */
    unsigned silent_s; /* ticks without an answer that count */
    uint64_t cpu_ms;   /* processor time that it had used at the first of these ticks */
};

struct liveness_sample {
    char state; /* as in /proc/PID/stat; 0: unknown */
    uint64_t cpu_ms;
};

enum liveness_result { LIVENESS_FINE, LIVENESS_SILENT, LIVENESS_HUNG };

/* True if so much time has passed since the last tick that this tick does not count. */
bool liveness_is_late(uint64_t last_ms, uint64_t now_ms);
/* One tick. FINE: ask the process again, if it is ready. max_s: LIVENESS_SILENT_S, or more for a process that
 * may be silent longer. */
enum liveness_result liveness_tick(struct liveness *process, const struct liveness_sample *sample,
                                   bool is_ready, unsigned max_s);
/* Notes an answer. False: the process had not been asked. */
bool liveness_answered(struct liveness *process);

#endif
