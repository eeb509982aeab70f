/* log_sink: writes to standard error without blocking, and counts the lines that were lost.
 *
 * A socket (the journal's) is written with MSG_DONTWAIT. Anything else is written with write():
 * sys/log_output ensures at start that this does not block either. */
#ifndef POSTERN_BASE_LOG_SINK_H
#define POSTERN_BASE_LOG_SINK_H

#include "base/span.h"

#include <stdatomic.h>
#include <stdint.h>

/* The first key of EVENT_log_dropped: the number of lost lines. */
#define LOG_SINK_KEY "dropped"

/* Shared by processes that write to the same log: the next one that writes reports the losses of all. */
struct log_losses {
    _Atomic uint64_t lines;
    atomic_bool is_cut; /* the last octet that was written does not end a line */
};

/* Counts losses there from now on; it must outlive every write. NULL: counts those of this process alone. To
 * be called after standard error was replaced. */
void log_sink_share(struct log_losses *losses);

/* Returns how many of the octets were written. If an earlier line was cut, its end is written first. */
size_t log_sink_write(struct span lines);

/* Counts these lines as lost. A line that itself reports losses counts as those. */
void log_sink_lost(struct span lines);
/* Gives back what log_sink_take_lost returned and could not be reported. */
void log_sink_lost_again(uint64_t lines);
/* Number of lines lost since the last call; the caller reports them. */
uint64_t log_sink_take_lost(void);

#endif
