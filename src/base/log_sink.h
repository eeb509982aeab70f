/* log_sink: writes to standard error without blocking, and counts the lines that were lost.
 *
 * A socket (the journal's) is written with MSG_DONTWAIT, anything else with writev(). sys/log_output ensures
 * at start that writev() does not block. If it cannot, it logs EVENT_log_may_wait. */
#ifndef POSTERN_BASE_LOG_SINK_H
#define POSTERN_BASE_LOG_SINK_H

#include "base/span.h"

#include <stdatomic.h>
#include <stdint.h>

/* The first key of EVENT_log_dropped: the number of lost lines. */
#define LOG_SINK_KEY "dropped"

/* Shared by all processes that write to the same log. The next process that writes a line reports the losses
 * of all. */
struct log_losses {
    _Atomic uint64_t lines;
    atomic_bool is_cut; /* the last octet that was written is not the end of a line */
};

/* From now on counts lost lines in *losses, which must stay valid as long as lines are logged. NULL: counts
 * in memory of this process only. Call this function also after standard error was replaced. */
void log_sink_share(struct log_losses *losses);

/* Returns how many of the octets were written. If an earlier line was cut, a newline is written first. */
size_t log_sink_write(struct span lines);

/* Counts these lines as lost. A line that reports N lost lines counts as N lines. */
void log_sink_count_lost(struct span lines);
/* Adds to the number of lost lines. The caller has just lost them, or log_sink_take_lost returned them and
 * they could not be reported. */
void log_sink_add_lost(uint64_t lines);
/* Returns the number of lines lost since the last call; the caller reports them. */
uint64_t log_sink_take_lost(void);

#endif
