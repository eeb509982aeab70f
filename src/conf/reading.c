#include "conf/reading.h"

#include "base/token.h"
#include "conf/value.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((format(printf, 4, 0))) static void report(struct reading *reading, struct reading_place place,
                                                         bool is_error, const char *format, va_list args)
{
    char *text;

    if (vasprintf(&text, format, args) < 0)
        text = mem_copy_string(SPAN("out of memory"));
    if (place.line)
        problems_add(reading->problems, is_error, "%s:%u: %s", place.file, place.line, text);
    else
        problems_add(reading->problems, is_error, "%s: %s", place.file, text);
    free(text);
}

void reading_problem(struct reading *reading, bool is_error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    report(reading, reading->at, is_error, format, args);
    va_end(args);
}

void reading_problem_at(struct reading *reading, struct reading_place place, bool is_error,
                        const char *format, ...)
{
    va_list args;

    va_start(args, format);
    report(reading, place, is_error, format, args);
    va_end(args);
}

bool reading_set(struct reading *reading, const struct setting *setting, struct span label, struct span value)
{
    struct buf error = {0};
    bool set = value_set(setting, reading->conf, value, &error);

    if (set)
        reading->set_at[schema_index(setting)] = reading->at;
    else
        reading_problem(reading, true, "%.*s: %s", (int)label.n, label.p, buf_c_str(&error));
    reading->is_refused[schema_index(setting)] |= !set;
    buf_fini(&error);
    return set;
}

struct reading_place reading_place_of(const struct reading *reading, const char *section, const char *key)
{
    const struct setting *setting = schema_find(span_of(section), span_of(key));
    struct reading_place unset = {reading->at.file, 0};

    return setting && reading->set_at[schema_index(setting)].file ? reading->set_at[schema_index(setting)]
                                                                  : unset;
}

bool reading_is_refused(const struct reading *reading, const char *section, const char *key)
{
    return reading->is_refused[schema_index(schema_find(span_of(section), span_of(key)))];
}

static struct span take_line(struct span *text)
{
    const char *end = memchr(text->p, '\n', text->n);
    struct span line = span_first(*text, end ? (size_t)(end - text->p) : text->n);

    *text = span_from(*text, line.n + 1);
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* False: the line is invalid, and was reported. */
static bool check_line(struct reading *reading, struct span line)
{
    if (line.n > READING_LINE_MAX) {
        reading_problem(reading, true, "the line is longer than %d bytes", READING_LINE_MAX);
        return false;
    }
    for (size_t i = 0; i < line.n; i++) {
        unsigned char c = (unsigned char)line.p[i];

        if ((c < ' ' && c != '\t') || c == 0x7f) {
            reading_problem(reading, true, "control character 0x%02x at column %zu", c, i + 1);
            return false;
        }
    }
    return true;
}

static bool has_content(struct span line)
{
    return line.n > 0 && line.p[0] != '#';
}

/* Some editors write a byte order mark at the start of a file. */
static struct span skip_mark(struct span text)
{
    return span_starts(text, SPAN("\xef\xbb\xbf")) ? span_from(text, 3) : text;
}

void reading_each_line(struct reading *reading, struct span text,
                       void (*line)(struct reading *reading, struct span line, void *context), void *context)
{
    text = skip_mark(text);
    reading->at.line = 0;
    while (text.n) {
        struct span raw = take_line(&text);

        reading->at.line++;
        if (check_line(reading, raw) && has_content(token_trim(raw)))
            line(reading, token_trim(raw), context);
    }
    reading->at.line = 0;
}

struct span reading_first_line(struct span text)
{
    text = skip_mark(text);
    while (text.n) {
        struct span line = token_trim(take_line(&text));

        if (has_content(line))
            return line;
    }
    return (struct span){0};
}
