/* log: one line per event, logfmt, stable keys.
 *
 *     ts=2026-11-24T13:44:53.120Z level=info event=message session=5f0c-12 number=3 verdict=clean bytes=10240
 *
 * A line is built in place and written with one system call to standard error, so that lines of several
 * processes never mix. That call does not block: lines that cannot be written are dropped and counted
 * (base/log_sink); the first line that can be written again is event=log_dropped dropped=N. A process that
 * serves many sessions may have the lines of one iteration of its event loop written together
 * (log_buffer_start): they appear no later, and each costs one system call less. Values from peers are quoted
 * and cut at LOG_VALUE_MAX bytes; bytes that are neither printable ASCII nor UTF-8 are written as \xNN.
 * Arguments of PASS, APOP, AUTH and unknown commands are never passed to this module. [L1, P6] */
#ifndef POSTERN_BASE_LOG_H
#define POSTERN_BASE_LOG_H

#include "base/log_event.h"
#include "base/span.h"

#include <stdint.h>

enum { LOG_LINE_MAX = 2048, LOG_VALUE_MAX = 512 };

/* A line under construction; this module owns the bytes. One at a time. */
struct log_line {
    bool on; /* false: this level is not logged, and all calls below do nothing */
    enum log_level level;
    size_t n;
    char *text;
};

void log_set_level(enum log_level level);
/* The process's name, written into every line as process=NAME; the pointer is kept. */
void log_set_process(const char *name);
bool log_is_on(enum log_level level);

/* From now on lines of level info and debug are buffered: `wake` is called with the first of them, and the
 * caller must call log_flush soon after. The buffer is also flushed before a more severe line, and before it
 * is larger than what a pipe takes atomically. Buffered lines are lost if the process is killed. NULL ends
 * buffering. */
void log_buffer_start(void (*wake)(void *context), void *context);
void log_flush(void);

/* Reports the lines that were dropped, if any. Also done before each line; false: still none can be
 * written. */
bool log_report_lost(void);

/* At the event's own level, or at another. */
void log_begin(struct log_line *line, enum log_event event);
void log_begin_at(struct log_line *line, enum log_level level, enum log_event event);
void log_span(struct log_line *line, const char *key, struct span value);
void log_string(struct log_line *line, const char *key, const char *value);
void log_number(struct log_line *line, const char *key, uint64_t value);
void log_end(struct log_line *line);

/* An event with one free text, for start, stop and internal errors: event=started text="...". */
void log_text(enum log_event event, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_text_at(enum log_level level, enum log_event event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
