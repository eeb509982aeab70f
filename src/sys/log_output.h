/* log_output: standard error made such that writing the log never waits for its reader.
 *
 *     what it is        what is done
 *     socket            nothing: base/log_sink asks each time not to wait
 *     pipe, terminal    opened anew, for O_NONBLOCK belongs to the open file, which the shell and others
 * share file, the rest    replaced by a pipe, which a process of its own reads and writes on: a file on a
 * disk that hangs blocks its writer, whatever flags it was opened with
 *
 * That process (the writer) has the log's identity, two descriptors and no right to open others; it ends when
 * all who log have ended. While there is none, up to a MiB of lines waits in the pipe. What is dropped is
 * counted in memory that is shared with every process forked later. */
#ifndef POSTERN_SYS_LOG_OUTPUT_H
#define POSTERN_SYS_LOG_OUTPUT_H

#include "base/log_sink.h"
#include "sys/privileges.h"

#include <event2/event.h>

struct log_output {
    struct log_losses *losses; /* NULL: each process counts its own */
    int real, pipe; /* with a writer: standard error as it was, and what is written on to it; else -1 */
    struct identity identity;
    int writer_fd; /* of its process; -1: there is none */
    struct event *ended, *again;
};

/* Before the first line, and before a process is forked. */
void log_output_open(struct log_output *output);
/* Starts the writer, if there is to be one, and another whenever it ends. */
void log_output_serve(struct log_output *output, struct event_base *base, const struct identity *identity);
/* The base is about to go. */
void log_output_leave(struct log_output *output);
/* Gives standard error back, after what was logged is written or LOG_OUTPUT_LAST_MS have passed. Every other
 * process that logs has ended. */
void log_output_close(struct log_output *output);

enum { LOG_OUTPUT_LAST_MS = 1000 };

/* For a program that another one executed, whose standard error was seen to: the processes that it forks
 * count together. */
void log_output_share(void);

#endif
