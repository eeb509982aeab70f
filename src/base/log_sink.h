/* log_sink: writes to standard error without waiting for its reader, and counts the lines that were lost.
 *
 * A socket (the journal's) is written with MSG_DONTWAIT. Anything else is written as it is: sys/log_output
 * sees to it at start that this cannot wait either. */
#ifndef POSTERN_BASE_LOG_SINK_H
#define POSTERN_BASE_LOG_SINK_H

#include "base/span.h"

#include <stdatomic.h>
#include <stdint.h>

/* The first key after EVENT_log_dropped: how many lines were lost. */
#define LOG_SINK_KEY "dropped"

/* Shared by processes that write the same log: whichever writes next reports what all of them have lost. */
struct log_losses {
    _Atomic uint64_t lines;
    atomic_bool is_cut; /* the last octet that was written does not end a line */
};

/* From now on losses are counted there; it must outlive every write. NULL: in this process alone. To be
 * called after standard error was replaced. */
void log_sink_share(struct log_losses *losses);

/* How many of the octets were written. A line that was cut before is ended first. */
size_t log_sink_write(struct span lines);

/* These lines are lost. One that reports others counts for those. */
void log_sink_lost(struct span lines);
/* What was taken could not be reported. */
void log_sink_lost_again(uint64_t lines);
/* What was lost since the last call, which the caller reports. */
uint64_t log_sink_take_lost(void);

#endif
