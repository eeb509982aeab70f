/* log: one line per event, logfmt, stable keys.
 *
 *     ts=2026-11-24T13:44:53.120Z level=info event=message session=5f0c-12 number=3 verdict=clean bytes=10240
 *
 * Whole lines are written to standard error with one system call of at most PIPE_BUF bytes, so that a pipe
 * does not mix lines of several processes. sys/log_output normally ensures that the call does not block.
 * Lines that cannot be written are dropped and counted (base/log_sink); the next line that can be written is
 * preceded by event=log_dropped dropped=N. A process that serves many sessions calls log_buffer_start: the
 * lines of one iteration of its event loop are then normally written with one call.
 *
 * Values are quoted if necessary and cut at LOG_VALUE_MAX bytes. Control characters and bytes that are not
 * UTF-8 are written as \xNN.
 *
 * [L1, P6] The arguments of PASS, APOP, AUTH and unknown commands are never passed to this module, except the
 * user name of a login. */
#ifndef POSTERN_BASE_LOG_H
#define POSTERN_BASE_LOG_H

#include "base/log_event.h"
#include "base/span.h"

#include <stdint.h>

enum { LOG_LINE_MAX = 2048, LOG_VALUE_MAX = 512 };

/* A line that is being composed. Only one line can be composed at a time. Its bytes belong to this module. */
struct log_line {
    bool on; /* false: this level is not logged; calls with this line do nothing */
    enum log_level level;
    size_t n;
    char *text;
};

void log_set_level(enum log_level level);
/* Sets the process's name, which is written into every line as process=NAME. The pointer is kept. */
void log_set_process(const char *name);
bool log_is_on(enum log_level level);

/* From now on lines of level info and debug are buffered. When a line is added to the empty buffer, `wake` is
 * called. It must ensure that log_flush is called soon. The buffer is also flushed after a more severe line,
 * and when it might not have space for another line. Buffered lines are lost if the process is killed. `wake`
 * NULL ends buffering. */
void log_buffer_start(void (*wake)(void *context), void *context);
void log_flush(void);

/* Logs the number of dropped lines, if there are any. log_flush calls this function before it writes. False:
 * this report could not be written. */
bool log_report_lost(void);

/* log_begin uses the event's usual level. */
void log_begin(struct log_line *line, enum log_event event);
void log_begin_at(struct log_line *line, enum log_level level, enum log_event event);
void log_span(struct log_line *line, const char *key, struct span value);
void log_string(struct log_line *line, const char *key, const char *value);
void log_number(struct log_line *line, const char *key, uint64_t value);
void log_end(struct log_line *line);

/* Logs an event with one free text: event=started text="...". */
void log_text(enum log_event event, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_text_at(enum log_level level, enum log_event event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
