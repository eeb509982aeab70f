#include "notice/notice_mime.h"

#include "base/text.h"
#include "mail/rfc2047.h"

enum { LINE_MAX_WANTED = 78, LINE_MAX_ALLOWED = 998, QP_LINE_MAX = 76 };

static size_t count_until(struct span s, char end)
{
    const char *found = s.n ? memchr(s.p, end, s.n) : NULL;

    return found ? (size_t)(found - s.p) : s.n;
}

/* Returns whether the value needs no encoded words: it is ASCII, and its words fit into a line and do not
 * look like encoded words. */
static bool is_plain(struct span value)
{
    if (!text_is_ascii(value) || (value.p && memmem(value.p, value.n, "=?", 2)))
        return false;
    while (value.n) {
        size_t n = count_until(value, ' ');

        if (n > LINE_MAX_WANTED - 2)
            return false;
        value = span_from(value, n + 1);
    }
    return true;
}

/* Adds a space. Begins a new line first if the space and `n` more octets do not fit on this line. Returns the
 * new column. */
static size_t fold(struct buf *out, size_t column, size_t n)
{
    if (column + 1 + n > LINE_MAX_WANTED) {
        buf_add(out, SPAN("\r\n"));
        column = 0;
    }
    buf_add_char(out, ' ');
    return column + 1;
}

static size_t add_words(struct buf *out, size_t column, struct span value)
{
    while (value.n) {
        size_t n = count_until(value, ' ');

        column = fold(out, column, n) + n;
        buf_add(out, span_first(value, n));
        value = span_from(value, n + 1);
    }
    return column;
}

static size_t add_encoded(struct buf *out, size_t column, struct span value)
{
    while (value.n) {
        bool fits = column + 1 + RFC2047_WORD_MIN <= LINE_MAX_WANTED;
        char word[RFC2047_WORD_MAX];
        size_t n = rfc2047_encode_word(&value, fits ? LINE_MAX_WANTED - 1 - column : sizeof word, word);

        column = fold(out, column, n) + n;
        buf_add(out, (struct span){word, n});
    }
    return column;
}

static size_t begin_field(struct buf *out, struct span name)
{
    buf_add(out, name);
    buf_add_char(out, ':');
    return name.n + 1;
}

void notice_mime_field(struct buf *out, struct span name, struct span value)
{
    size_t column = begin_field(out, name);

    if (is_plain(value))
        add_words(out, column, value);
    else
        add_encoded(out, column, value);
    buf_add(out, SPAN("\r\n"));
}

static bool fits_quoted_string(struct span display)
{
    for (size_t i = 0; i < display.n; i++)
        if (display.p[i] < ' ' || strchr("\"\\", display.p[i]))
            return false;
    return display.n <= LINE_MAX_WANTED / 2 && is_plain(display);
}

void notice_mime_address(struct buf *out, struct span name, struct span display, struct span address)
{
    size_t column = begin_field(out, name);

    if (display.n && fits_quoted_string(display)) {
        buf_add_format(out, " \"%.*s\"", (int)display.n, display.p);
        column += display.n + 3;
    } else {
        column = add_encoded(out, column, display);
    }
    fold(out, column, address.n + 2);
    buf_add_format(out, display.n ? "<%.*s>\r\n" : "%.*s\r\n", (int)address.n, address.p);
}

static bool is_line_safe(struct span line)
{
    return line.n <= LINE_MAX_ALLOWED && !span_starts(line, SPAN(".")) && !span_starts(line, SPAN("From "));
}

const char *notice_mime_encoding(struct span body)
{
    bool is_ascii = text_is_ascii(body);

    while (body.n) {
        size_t n = count_until(body, '\n');

        if (!is_line_safe(span_first(body, n)))
            return "quoted-printable";
        body = span_from(body, n + 1);
    }
    return is_ascii ? "7bit" : "8bit";
}

static bool is_qp_plain(struct span line, size_t i)
{
    char c = line.p[i];

    if (i == 0 && !is_line_safe(span_first(line, LINE_MAX_ALLOWED)))
        return false;
    if (c == ' ' || c == '\t')
        return i + 1 < line.n;
    return c > ' ' && c < 0x7f && c != '=';
}

/* Adds one octet, as itself or as =XX. Leaves space for the "=" of a soft line break. Returns the new
 * column. */
static size_t add_qp_octet(struct buf *out, size_t column, struct span line, size_t i)
{
    size_t n = is_qp_plain(line, i) ? 1 : 3;

    if (column + n > QP_LINE_MAX - 1) {
        buf_add(out, SPAN("=\r\n"));
        column = 0;
        n = line.p[i] == '.' || line.p[i] == 'F' ? 3 : n; /* not safe at the start of a line */
    }
    if (n == 1)
        buf_add_char(out, line.p[i]);
    else
        buf_add_format(out, "=%02X", (unsigned)(unsigned char)line.p[i]);
    return column + n;
}

static void add_line(struct buf *out, struct span line, bool is_qp)
{
    size_t column = 0;

    for (size_t i = 0; is_qp && i < line.n; i++)
        column = add_qp_octet(out, column, line, i);
    if (!is_qp)
        buf_add(out, line);
    buf_add(out, SPAN("\r\n"));
}

void notice_mime_body(struct buf *out, struct span body, const char *encoding)
{
    bool is_qp = strcmp(encoding, "quoted-printable") == 0;

    while (body.n) {
        size_t n = count_until(body, '\n');

        add_line(out, span_first(body, n), is_qp);
        body = span_from(body, n + 1);
    }
}
