/* log_output: sets up standard error so that writing the log never waits for its reader.
 *
 *     standard error    what is done
 *     socket            nothing: base/log_sink passes MSG_DONTWAIT each time
 *     pipe, terminal    reopened: O_NONBLOCK belongs to the open file, which the shell and others share
 *     file, other       replaced by a pipe, which a process of its own reads and copies: a file on a disk
 *                       that hangs blocks its writer, whatever flags it was opened with
 *
 * That process (the writer) has the log's identity, two descriptors and no right to open others; it ends when
 * all processes that log have ended. While there is none, up to one MiB of lines waits in the pipe. Dropped
 * lines are counted in memory that is shared with every process forked later. */
#ifndef POSTERN_SYS_LOG_OUTPUT_H
#define POSTERN_SYS_LOG_OUTPUT_H

#include "base/log_sink.h"
#include "sys/privileges.h"

#include <event2/event.h>

struct log_output {
    struct log_losses *losses; /* NULL: each process counts its own */
    int real, pipe; /* with a writer: the original standard error, and the pipe to the writer; else -1 */
    struct identity identity;
    int writer_fd; /* pidfd of the writer; -1: there is none */
    struct event *ended, *again;
};

/* Called before the first line is logged and before a process is forked. */
void log_output_open(struct log_output *output);
/* Starts the writer if one is needed, and another one whenever it ends. */
void log_output_serve(struct log_output *output, struct event_base *base, const struct identity *identity);
/* Called before the event base is freed. */
void log_output_leave(struct log_output *output);
/* Restores standard error, after all that was logged is written or LOG_OUTPUT_LAST_MS have passed. All other
 * processes that log must have ended. */
void log_output_close(struct log_output *output);

enum { LOG_OUTPUT_LAST_MS = 1000 };

/* For a program that was executed with a standard error set up in this way: the processes that it forks count
 * losses together. */
void log_output_share(void);

#endif
