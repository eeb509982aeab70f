/* liveness: decides whether a process that does not answer is hung, or only busy or waiting. Pure.
 *
 * Once per second the parent's event loop calls liveness_tick for each process. Unless an answer is
 * outstanding, the parent then asks the process for a sign of life. The event loop of the process answers. A
 * tick does not count if the parent itself was stopped, suspended or starved before it (liveness_is_late). A
 * process that gives no answer for LIVENESS_SILENT_S is hung, unless its state (proc(5)) explains the
 * silence:
 *
 *     D       it waits for a disk, and could not be killed before the disk answers
 *     t       it is stopped by a debugger
 *     R       it runs or waits for a processor: it is hung only if it has used LIVENESS_LOOP_MS of processor
 *             time since the first tick without an answer; otherwise the machine is starved
 *     Z, X    it has ended, and is about to be reaped
 *
 * A process that is not READY yet may have much to load. It is not asked, and is hung only if it was in state
 * T (stopped by a signal) for LIVENESS_SILENT_S. */
#ifndef POSTERN_CORE_LIVENESS_H
#define POSTERN_CORE_LIVENESS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    LIVENESS_TICK_MS = 1000,
    LIVENESS_LATE_MS = 3000,
    LIVENESS_SILENT_S = 8, /* a hang is found within ten seconds, including the ticks that ask and judge */
    LIVENESS_UNKNOWN_FACTOR = 6, /* if the state is unknown, the limit is this many times longer */
    LIVENESS_LOOP_MS = 5000,
};

/* Of one process; {0} for a new one. */
struct liveness {
    bool is_asked;     /* the process was asked, and has not answered */
    unsigned silent_s; /* number of counted ticks without an answer */
    uint64_t cpu_ms;   /* processor time used at the first of these ticks */
};

struct liveness_sample {
    char state; /* as in /proc/PID/stat; 0: unknown */
    uint64_t cpu_ms;
};

enum liveness_result { LIVENESS_FINE, LIVENESS_SILENT, LIVENESS_HUNG };

/* Returns whether this tick must not count, because too much time has passed since the last one. */
bool liveness_is_late(uint64_t last_ms, uint64_t now_ms);
/* Handles one tick. LIVENESS_FINE: the caller asks the process again, if it is ready. max_s:
 * LIVENESS_SILENT_S, or more for a process that may be silent longer. */
enum liveness_result liveness_tick(struct liveness *process, const struct liveness_sample *sample,
                                   bool is_ready, unsigned max_s);
/* Notes an answer. False: the process had not been asked. */
bool liveness_answered(struct liveness *process);

#endif
