/* log_output: sets up standard error so that writing the log never waits for its reader.
 *
 *     standard error    what is done
 *     socket            nothing: base/log_sink passes MSG_DONTWAIT each time
 *     pipe, terminal    reopened: O_NONBLOCK belongs to the open file, which the shell and others share
 *     file, other       replaced by a pipe, from which another process, the writer, copies to it: writing to
 *                       a file on a disk that hangs blocks, whatever flags the file was opened with.
 *                       A pipe or terminal that cannot be reopened is treated in the same way
 *
 * The writer has no privileges, no descriptors but the standard ones and the pipe, and cannot open files. It
 * ends when all processes that log have ended. Without a writer, up to one MiB of lines waits in the pipe.
 * Dropped lines are counted in memory that is shared with every process forked later. */
#ifndef POSTERN_SYS_LOG_OUTPUT_H
#define POSTERN_SYS_LOG_OUTPUT_H

#include "base/log_sink.h"
#include "sys/privileges.h"

#include <event2/event.h>

struct log_output {
    struct log_losses *losses; /* NULL: each process counts its own */
    int original, pipe; /* with a writer: the original standard error, and the pipe to the writer; else -1 */
    struct identity identity;
    int writer_fd; /* pidfd of the writer; -1: there is none */
    struct event *ended, *retry_timer;
};

/* Call it before the first line is logged and before a process is forked. If it fails, an event is logged,
 * and writing may block. */
void log_output_open(struct log_output *output);
/* Starts the writer if one is needed, and another one whenever it ends. */
void log_output_serve(struct log_output *output, struct event_base *base, const struct identity *identity);
/* Frees the events. Call it before the event base is freed. A writer that ends afterwards is not replaced. */
void log_output_leave(struct log_output *output);
/* Restores standard error, and waits at most LOG_OUTPUT_CLOSE_MS until the writer has written all lines. If
 * there is no writer, writes them here. All other processes that log must have ended. */
void log_output_close(struct log_output *output);

enum { LOG_OUTPUT_CLOSE_MS = 1000 };

/* For a program that was executed with a standard error that log_output_open has set up: lost lines are
 * counted together with those of the processes that the program forks. */
void log_output_share(void);

#endif
