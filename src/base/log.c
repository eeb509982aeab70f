#include "base/log.h"

#include "base/log_sink.h"
#include "base/number.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static enum log_level max_level = LOG_LEVEL_INFO;
static const char *process_name;
/* Lines that are not written yet, and the line that is being composed. At most PIPE_BUF bytes are written in
 * one call: a pipe could mix a longer write with lines of other processes. */
static struct {
    size_t n;
    char text[PIPE_BUF];
    void (*wake)(void *context); /* NULL: lines are not buffered */
    void *context;
} buffered;
_Static_assert(LOG_LINE_MAX <= PIPE_BUF, "LOG_LINE_MAX is too large");

void log_set_level(enum log_level level)
{
    max_level = level;
}

void log_set_process(const char *name)
{
    process_name = name;
}

bool log_is_on(enum log_level level)
{
    return level <= max_level;
}

/* Appends the bytes that fit, and leaves space for the newline. */
static void add(struct log_line *line, struct span bytes)
{
    size_t space = LOG_LINE_MAX - 1 - line->n;
    size_t n = bytes.n < space ? bytes.n : space;

    if (n)
        memcpy(line->text + line->n, bytes.p, n);
    line->n += n;
}

static void add_key(struct log_line *line, const char *key)
{
    if (line->n)
        add(line, SPAN(" "));
    add(line, span_of(key));
    add(line, SPAN("="));
}

static bool is_plain(struct span value)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];

        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7f)
            return false;
    }
    return value.n > 0;
}

static void add_quoted_byte(struct log_line *line, unsigned char c)
{
    char text[5] = {(char)c};

    if (c == '"' || c == '\\')
        snprintf(text, sizeof text, "\\%c", c);
    else if (c < ' ' || c == 0x7f)
        snprintf(text, sizeof text, "\\x%02x", c);
    add(line, span_of(text));
}

/* Returns the length of the UTF-8 sequence at s. Checks only its first byte and the number of continuation
 * bytes. 0: there is no sequence, or it is a C1 control. */
static size_t utf8_length(struct span s)
{
    unsigned char c = (unsigned char)s.p[0];
    size_t n = c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;

    if (n == 0 || n > s.n || (c == 0xc2 && (unsigned char)s.p[1] < 0xa0))
        return 0;
    for (size_t i = 1; i < n; i++)
        if (((unsigned char)s.p[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

static void add_quoted(struct log_line *line, struct span value)
{
    add(line, SPAN("\""));
    for (size_t i = 0; i < value.n;) {
        unsigned char c = (unsigned char)value.p[i];
        size_t n = c < 0x80 ? 0 : utf8_length(span_from(value, i));
        char hex[5];

        if (n)
            add(line, span_first(span_from(value, i), n));
        else if (c >= 0x80)
            snprintf(hex, sizeof hex, "\\x%02x", c), add(line, span_of(hex));
        else
            add_quoted_byte(line, c);
        i += n ? n : 1;
    }
    add(line, SPAN("\""));
}

/* The value must not need quotes. */
static void add_plain(struct log_line *line, const char *key, struct span value)
{
    add_key(line, key);
    add(line, value);
}

/* Many lines fall into the same second, so the text of the second is cached. */
static void add_time(struct log_line *line)
{
    static char text[] = "YYYY-MM-DDTHH:MM:SS.mmmZ";
    static time_t second = -1;
    enum { SECONDS = sizeof "YYYY-MM-DDTHH:MM:SS" - 1 };
    struct timespec now;
    struct tm utc;

    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != second) {
        second = now.tv_sec;
        gmtime_r(&second, &utc);
        strftime(text, SECONDS + 1, "%Y-%m-%dT%H:%M:%S", &utc);
        text[SECONDS] = '.';
    }
    number_write_last((uint64_t)now.tv_nsec / 1000000, text + SECONDS + 1, 3);
    add_plain(line, "ts", (struct span){text, sizeof text - 1});
}

static void add_head(struct log_line *line, enum log_event event)
{
    add_time(line);
    add_plain(line, "level", span_of(log_level_name(line->level)));
    if (process_name)
        add_plain(line, "process", span_of(process_name));
    add_plain(line, "event", span_of(log_event_name(event)));
}

void log_begin_at(struct log_line *line, enum log_level level, enum log_event event)
{
    *line = (struct log_line){.on = log_is_on(level), .level = level};
    if (!line->on)
        return;
    if (sizeof buffered.text - buffered.n < LOG_LINE_MAX)
        log_flush();
    line->text = buffered.text + buffered.n;
    add_head(line, event);
}

void log_begin(struct log_line *line, enum log_event event)
{
    log_begin_at(line, log_event_level(event), event);
}

void log_span(struct log_line *line, const char *key, struct span value)
{
    if (!line->on)
        return;
    value = span_first(value, LOG_VALUE_MAX);
    add_key(line, key);
    if (is_plain(value))
        add(line, value);
    else
        add_quoted(line, value);
}

void log_string(struct log_line *line, const char *key, const char *value)
{
    log_span(line, key, span_of(value));
}

void log_number(struct log_line *line, const char *key, uint64_t value)
{
    char digits[NUMBER_DIGITS_MAX];

    if (line->on)
        add_plain(line, key, (struct span){digits, number_write(value, digits)});
}

void log_buffer_start(void (*wake)(void *context), void *context)
{
    log_flush();
    buffered.wake = wake;
    buffered.context = context;
}

bool log_report_lost(void)
{
    static char text[LOG_LINE_MAX];
    struct log_line line = {.on = true, .level = log_event_level(EVENT_log_dropped), .text = text};
    uint64_t lost = log_sink_take_lost();

    if (!lost)
        return true;
    add_head(&line, EVENT_log_dropped);
    log_number(&line, LOG_SINK_KEY, lost);
    text[line.n++] = '\n';
    if (log_sink_write((struct span){text, line.n}) == line.n)
        return true;
    log_sink_add_lost(lost);
    return false;
}

void log_flush(void)
{
    struct span lines = {buffered.text, buffered.n};

    if (!lines.n)
        return;
    buffered.n = 0;
    if (log_report_lost())
        lines = span_from(lines, log_sink_write(lines));
    log_sink_count_lost(lines);
}

void log_end(struct log_line *line)
{
    bool is_first = buffered.n == 0;

    if (!line->on)
        return;
    line->text[line->n++] = '\n';
    buffered.n += line->n;
    if (!buffered.wake || line->level < LOG_LEVEL_INFO)
        log_flush();
    else if (is_first)
        buffered.wake(buffered.context);
}

__attribute__((format(printf, 3, 0))) static void put_text(enum log_level level, enum log_event event,
                                                           const char *format, va_list args)
{
    struct log_line line;
    char text[1024];

    vsnprintf(text, sizeof text, format, args);
    log_begin_at(&line, level, event);
    log_string(&line, "text", text);
    log_end(&line);
}

void log_text(enum log_event event, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_text(log_event_level(event), event, format, args);
    va_end(args);
}

void log_text_at(enum log_level level, enum log_event event, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_text(level, event, format, args);
    va_end(args);
}
