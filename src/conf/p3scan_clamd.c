#include "conf/p3scan_clamd.h"

#include "base/token.h"
#include "base/words.h"

static const char default_file[] = "/etc/clamav/clamd.conf";

static void find_file(struct span scanner, struct buf *out)
{
    static const char option[] = "--config-file=";
    struct words words;

    buf_add(out, span_of(default_file));
    if (words_init(&words, scanner))
        return;
    for (size_t i = 1; i < words.n; i++) {
        bool is_long = strncmp(words.at[i], option, sizeof option - 1) == 0;
        bool is_short = strcmp(words.at[i], "-c") == 0 && i + 1 < words.n;

        if (!is_long && !is_short)
            continue;
        buf_clear(out);
        buf_add(out, span_of(is_long ? words.at[i] + sizeof option - 1 : words.at[i + 1]));
    }
    words_fini(&words);
}

/* Returns the value of the last line "KEY VALUE"; empty if there is none. */
static struct span value_of(struct span text, struct span key)
{
    struct span found = {0};

    while (text.n) {
        const char *end = memchr(text.p, '\n', text.n);
        struct span line = span_first(text, end ? (size_t)(end - text.p) : text.n);

        text = span_from(text, line.n + 1);
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        line = token_trim(line);
        if (span_starts(line, key) && line.n > key.n && token_is_blank(line.p[key.n]))
            found = token_trim(span_from(line, key.n));
    }
    return found;
}

static void add_socket(struct span text, struct buf *out)
{
    struct span path = value_of(text, SPAN("LocalSocket")), port = value_of(text, SPAN("TCPSocket"));
    struct span address = value_of(text, SPAN("TCPAddr"));

    if (path.n)
        buf_add(out, path);
    else if (port.n)
        buf_add_format(out, "%.*s:%.*s", address.n ? (int)address.n : 9, address.n ? address.p : "127.0.0.1",
                       (int)port.n, port.p);
}

void p3scan_clamd_socket(const struct reading *reading, struct span scanner, struct buf *out)
{
    struct buf path = {0}, text = {0}, error = {0};

    find_file(scanner, &path);
    if (reading->files && reading->files->read(reading->files->context, buf_c_str(&path), &text, &error))
        add_socket(buf_span(&text), out);
    if (!out->n)
        buf_add(out, span_of(schema_find(SPAN("clamd"), SPAN("socket"))->default_value));
    buf_fini(&path);
    buf_fini(&text);
    buf_fini(&error);
}
