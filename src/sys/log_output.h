/* log_output: sets up standard error so that writing the log never waits for its reader.
 *
 *     standard error    what is done
 *     socket            nothing: base/log_sink passes MSG_DONTWAIT in each call
 *     pipe, terminal    reopened with O_NONBLOCK. Without reopening, the flag would also apply to other
 *                       processes that use the same open file, such as the shell
 *     file, other       replaced by a pipe. Another process, the writer, copies from the pipe to the file:
 *                       while a disk hangs, a write to a file blocks, whatever flags the file has.
 *                       A pipe or terminal that cannot be reopened is treated in the same way
 *
 * The writer has no privileges and cannot open files. It has no descriptors but the standard ones and the
 * pipe. It ends when all processes that log have ended. While there is no writer, up to one MiB of lines
 * waits in the pipe. Dropped lines are counted in memory that is shared with every process forked later. */
#ifndef POSTERN_SYS_LOG_OUTPUT_H
#define POSTERN_SYS_LOG_OUTPUT_H

#include "base/log_sink.h"
#include "sys/privileges.h"

#include <event2/event.h>

struct log_output {
    struct log_losses *losses; /* NULL: each process counts its own */
    int original, pipe; /* if a pipe has replaced standard error: the original, and the reading end of the
                           pipe; else -1 */
    struct identity identity;
    int writer_fd; /* pidfd of the writer; -1: there is none */
    struct event *ended, *retry_timer;
};

/* Call it before the first line is logged, and before a process is forked. If standard error cannot be set
 * up, an event is logged, and writing may block. */
void log_output_open(struct log_output *output);
/* If a writer is needed, starts it. Whenever the writer ends, starts another one. */
void log_output_serve(struct log_output *output, struct event_base *base, const struct identity *identity);
/* Frees the events. Call it before the event base is freed. A writer that ends afterwards is not replaced. */
void log_output_leave(struct log_output *output);
/* Restores standard error. Waits until the writer has written all lines, but at most LOG_OUTPUT_CLOSE_MS. If
 * there is no writer, this process writes the lines. All other processes that log must have ended. */
void log_output_close(struct log_output *output);

enum { LOG_OUTPUT_CLOSE_MS = 1000 };

/* For a program that was executed by a process whose standard error log_output_open has set up: counts lost
 * lines in memory that is shared with the processes that the program forks later. */
void log_output_share(void);

#endif
