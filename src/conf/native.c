#include "conf/native.h"

#include "base/text.h"
#include "base/token.h"
#include "conf/value.h"

struct native {
    struct native_include *include;
    struct span section; /* borrowed from the text; empty: none yet, or an unknown one */
    bool section_seen;
    unsigned lines[SETTINGS_MAX]; /* the line of this file that sets each key; 0: none */
    unsigned include_line;
};

static void open_section(struct reading *reading, struct native *native, struct span line)
{
    const char *end = memchr(line.p, ']', line.n);
    struct span name = token_trim(span_first(span_from(line, 1), end ? (size_t)(end - line.p) - 1 : 0));
    struct span rest = end ? token_trim(span_from(line, (size_t)(end - line.p) + 1)) : line;
    const char *closest = schema_closest_section(name);

    native->section_seen = true;
    native->section = (struct span){0};
    if (!end || (rest.n && rest.p[0] != '#'))
        reading_problem(reading, true, "expected [name] alone on the line");
    else if (schema_has_section(name))
        native->section = name;
    else if (closest)
        reading_problem(reading, true, "unknown section [%.*s]; did you mean [%s]?", (int)name.n, name.p,
                        closest);
    else
        reading_problem(reading, true, "unknown section [%.*s]", (int)name.n, name.p);
}

/* Returns where a comment begins; the length of the text if there is none. A comment begins with a # at the
 * start or after a blank. */
static size_t find_comment(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '#' && (i == 0 || token_is_blank(text.p[i - 1])))
            return i;
    return text.n;
}

/* Appends the text between the quotes, with escapes resolved. False: the text is malformed, which was
 * reported. */
static bool unquote(struct reading *reading, struct span text, struct buf *value)
{
    size_t i = 1;
    struct span rest;

    while (i < text.n && text.p[i] != '"') {
        if (text.p[i] == '\\' && i + 1 < text.n && (text.p[i + 1] == '"' || text.p[i + 1] == '\\'))
            i++;
        buf_add_char(value, text.p[i++]);
    }
    rest = token_trim(span_from(text, i + 1));
    if (i >= text.n)
        reading_problem(reading, true, "the closing \" is missing");
    else if (rest.n && rest.p[0] != '#')
        reading_problem(reading, true, "only a comment may follow the closing \"");
    return i < text.n && (rest.n == 0 || rest.p[0] == '#');
}

static bool read_value(struct reading *reading, struct span text, struct buf *value)
{
    if (text.n && text.p[0] == '"')
        return unquote(reading, text, value);
    buf_add(value, token_trim(span_first(text, find_comment(text))));
    return true;
}

static void report_unknown_key(struct reading *reading, const struct native *native, struct span key)
{
    const char *closest = schema_closest_key(native->section, key);
    const char *home = schema_section_of(key);

    if (home)
        reading_problem(reading, true, "unknown key %.*s in [%.*s]; it belongs in [%s]", (int)key.n, key.p,
                        (int)native->section.n, native->section.p, home);
    else if (closest)
        reading_problem(reading, true, "unknown key %.*s in [%.*s]; did you mean %s?", (int)key.n, key.p,
                        (int)native->section.n, native->section.p, closest);
    else
        reading_problem(reading, true, "unknown key %.*s in [%.*s]", (int)key.n, key.p,
                        (int)native->section.n, native->section.p);
}

/* Records that this file sets the key on this line. False: the file has set it before, which was reported. */
static bool set_once(struct reading *reading, unsigned *line, struct span key)
{
    if (*line) {
        reading_problem(reading, true, "%.*s was set on line %u already", (int)key.n, key.p, *line);
        return false;
    }
    *line = reading->at.line;
    return true;
}

static void set_include(struct reading *reading, struct native *native, struct span key, struct span value)
{
    if (!native->include) {
        reading_problem(reading, true, "an included file cannot include others");
    } else if (set_once(reading, &native->include_line, key)) {
        if (value.n == 0 || value.p[0] != '/' || value.n >= CONF_PATH_MAX) {
            reading_problem(reading, true, "include: expected the absolute path of a directory");
            return;
        }
        buf_add(&native->include->directory, value);
        native->include->at = reading->at;
    }
}

static void set_key(struct reading *reading, struct native *native, struct span key, struct span value)
{
    const struct setting *setting = schema_find(native->section, key);

    if (span_eq(native->section, SPAN("postern")) && span_eq(key, SPAN("include")))
        set_include(reading, native, key, value);
    else if (!setting)
        report_unknown_key(reading, native, key);
    else if (set_once(reading, &native->lines[schema_index(setting)], key))
        reading_set(reading, setting, key, value);
}

static void read_key(struct reading *reading, struct native *native, struct span line)
{
    const char *equals = memchr(line.p, '=', line.n);
    struct span key = token_trim(span_first(line, equals ? (size_t)(equals - line.p) : line.n));
    struct buf value = {0};

    if (!native->section_seen) {
        reading_problem(reading, true, "a [section] must precede the first key");
        native->section_seen = true;
    } else if (!equals || key.n == 0) {
        reading_problem(reading, true, "expected key = value");
    } else if (native->section.n) {
        if (read_value(reading, token_trim(span_from(line, (size_t)(equals - line.p) + 1)), &value))
            set_key(reading, native, key, buf_span(&value));
    }
    buf_fini(&value);
}

static void read_line(struct reading *reading, struct span line, void *context)
{
    struct native *native = context;

    if (!text_is_utf8(line)) {
        reading_problem(reading, true, "the line is not UTF-8");
        if (line.p[0] == '[')
            native->section = (struct span){0};
    } else if (line.p[0] == '[') {
        open_section(reading, native, line);
    } else {
        read_key(reading, native, line);
    }
}

void native_read(struct reading *reading, struct span text, struct native_include *include)
{
    struct native native = {.include = include};

    reading_each_line(reading, text, read_line, &native);
}

static bool needs_quotes(struct span value)
{
    return value.n && (value.p[0] == '"' || find_comment(value) < value.n || token_trim(value).n < value.n);
}

void native_add_value(struct buf *out, struct span value)
{
    if (!needs_quotes(value)) {
        buf_add(out, value);
        return;
    }
    buf_add_char(out, '"');
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '"' || value.p[i] == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, value.p[i]);
    }
    buf_add_char(out, '"');
}
