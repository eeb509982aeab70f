/* log: one line an event, logfmt, stable keys.
 *
 *     ts=2026-11-24T13:44:53.120Z level=info event=message session=5f0c-12 number=3 verdict=clean bytes=10240
 *
 * A line is built in place and written with one system call to standard error, so that lines of several
 * processes never mix. That call does not wait: lines that whoever reads the log does not take are dropped,
 * and counted (base/log_sink); as soon as it takes lines again the first of them is event=log_dropped
 * dropped=N. Who serves many at a time may have the lines of one turn of its event loop written together
 * (log_gather), which is no slower to be seen and costs a busy process a call less for each. Values from
 * peers are quoted and cut at LOG_VALUE_MAX bytes; bytes that are not printable ASCII or UTF-8 leave as \xNN.
 * No argument of PASS, APOP, AUTH or of an unknown verb is ever handed to this module. [L1, P6] */
#ifndef POSTERN_BASE_LOG_H
#define POSTERN_BASE_LOG_H

#include "base/log_event.h"
#include "base/span.h"

#include <stdint.h>

enum { LOG_LINE_MAX = 2048, LOG_VALUE_MAX = 512 };

/* A line being built; the bytes are this module's. One at a time. */
struct log_line {
    bool on; /* false: this level is not logged, and every call below does nothing */
    enum log_level level;
    size_t n;
    char *text;
};

void log_set_level(enum log_level level);
/* The process's name, put into every line as process=NAME; kept by pointer. */
void log_set_process(const char *name);
bool log_is_on(enum log_level level);

/* From now on lines of level info and debug are gathered: `wake` is called with the first of them,
 * log_release is then to be called soon, and writes them. They are written sooner before a line of a graver
 * level, and before they are more than a pipe takes whole. What a process gathered when it was killed is
 * lost. NULL ends it. */
void log_gather(void (*wake)(void *context), void *context);
void log_release(void);

/* Reports the lines that were dropped, if any. Also done before each line; false: still none can be written.
 */
bool log_report_lost(void);

/* At the event's own level, or at another. */
void log_begin(struct log_line *line, enum log_event event);
void log_begin_at(struct log_line *line, enum log_level level, enum log_event event);
void log_span(struct log_line *line, const char *key, struct span value);
void log_string(struct log_line *line, const char *key, const char *value);
void log_number(struct log_line *line, const char *key, uint64_t value);
void log_end(struct log_line *line);

/* An event with one free text, for start, stop and faults of our own: event=started text="...". */
void log_text(enum log_event event, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_text_at(enum log_level level, enum log_event event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
