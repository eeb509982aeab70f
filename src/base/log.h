/* log: one line per event, logfmt, stable keys.
 *
 *     ts=2026-11-24T13:44:53.120Z level=info event=message session=5f0c-12 number=3 verdict=clean bytes=10240
 *
 * A line is written to standard error with one system call, so that lines of several processes never mix. The
 * call does not block: lines that cannot be written are dropped and counted (base/log_sink), and before the
 * next line that can be written, event=log_dropped dropped=N reports them. log_buffer_start makes a process
 * that serves many sessions write the lines of one iteration of its event loop with one call. Values are
 * quoted if necessary and cut at LOG_VALUE_MAX bytes; bytes that are neither printable ASCII nor UTF-8 are
 * written as \xNN. [L1, P6] Arguments of PASS, APOP, AUTH and unknown commands are never passed to this
 * module. */
#ifndef POSTERN_BASE_LOG_H
#define POSTERN_BASE_LOG_H

#include "base/log_event.h"
#include "base/span.h"

#include <stdint.h>

enum { LOG_LINE_MAX = 2048, LOG_VALUE_MAX = 512 };

/* A line under construction. There is one at a time, and its bytes belong to this module. */
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

/* From now on lines of level info and debug are buffered: `wake` is called when the first one is, and must
 * see to it that log_flush is called soon. The buffer is also flushed with a more severe line, and before it
 * exceeds PIPE_BUF. Buffered lines are lost if the process is killed. NULL ends buffering. */
void log_buffer_start(void (*wake)(void *context), void *context);
void log_flush(void);

/* Logs how many lines were dropped, if any; log_flush does so first. False: this line cannot be written
 * either. */
bool log_report_lost(void);

/* log_begin takes the event's usual level. */
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
