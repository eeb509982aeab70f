#include "mail/mime_inline.h"

#include "mail/mime_line.h"

enum { URL_TYPE_MAX = 256 }; /* the comma must be among so many octets after "data:" */

/* "begin 644 name": three to five octal digits and a name. */
static bool is_begin(struct span line, struct span word)
{
    struct span mode = span_trim(span_from(line, word.n));
    size_t n = 0;

    if (!span_starts(line, word))
        return false;
    while (n < mode.n && mode.p[n] >= '0' && mode.p[n] <= '7')
        n++;
    return n >= 3 && n <= 5 && n < mode.n && mode.p[n] == ' ';
}

/* In both encodings the first letter of a line gives its length. A full line begins with "h" in xxencode, and
 * with "M" in uuencode. */
static bool is_xxencoded(struct span content)
{
    struct span line;

    return mime_line_next(&content, &line) && line.n == 61 && line.p[0] == 'h';
}

/* Recognises the first line of encoded content. */
static bool is_first_line(struct span line, enum mime_coding *coding)
{
    if (line.n < 7)
        return false;
    if (is_begin(line, SPAN("begin ")))
        *coding = MIME_UUENCODE;
    else if (is_begin(line, SPAN("begin-base64 ")))
        *coding = MIME_BASE64_STOP;
    else if (span_starts(line, SPAN("=ybegin ")))
        *coding = MIME_YENC;
    else if (line.p[0] == '(' && memmem(line.p, line.n, "with BinHex", 11))
        *coding = MIME_BINHEX;
    else
        return false;
    return true;
}

/* Returns the lines up to the first line of the next encoded content, so that no octet belongs to two
 * contents. */
static struct span content_of(struct span after)
{
    struct span rest = after, line;
    enum mime_coding coding;

    while (mime_line_next(&rest, &line))
        if (is_first_line(span_trim(line), &coding))
            return (struct span){after.p, (size_t)(line.p - after.p)};
    return after;
}

bool mime_inline_next(struct span *rest, struct mime_inline *found)
{
    struct span line;

    while (mime_line_next(rest, &line)) {
        if (!is_first_line(span_trim(line), &found->coding))
            continue;
        found->content = content_of(*rest);
        if (found->coding == MIME_UUENCODE && is_xxencoded(found->content))
            found->coding = MIME_XXENCODE;
        return true;
    }
    return false;
}

/* Sets *type to the text between "data:" and the comma. False: there is no comma, or the text cannot be a
 * content type and is probably prose. */
static bool has_url_type(struct span after, struct span *type)
{
    struct span start = span_first(after, URL_TYPE_MAX);
    const char *comma = start.n ? memchr(start.p, ',', start.n) : NULL;

    *type = (struct span){start.p, comma ? (size_t)(comma - start.p) : 0};
    return comma &&
           (span_trim(*type).n == 0 || memchr(type->p, '/', type->n) || memchr(type->p, ';', type->n));
}

/* A URL in HTML or CSS ends where its attribute or its url() ends. */
static struct span url_content(struct span after)
{
    size_t n = 0;

    while (n < after.n && !strchr("\"'<>)", after.p[n] ? after.p[n] : '"'))
        n++;
    return span_first(after, n);
}

/* Takes the next colon and what precedes it. Returns whether "data" stands directly before the colon, in
 * upper or lower case. *rest must not be empty. */
static bool take_scheme(struct span *rest)
{
    const char *colon = memchr(rest->p, ':', rest->n);
    struct span before = {rest->p, colon ? (size_t)(colon - rest->p) : rest->n};
    bool is_data = colon && before.n >= 4 && strncasecmp(colon - 4, "data", 4) == 0;

    *rest = span_from(*rest, before.n + 1);
    return is_data;
}

static bool is_base64_type(struct span type)
{
    const struct span end = SPAN(";base64");

    type = span_trim(type);
    return type.n >= end.n && span_eq_nocase(span_from(type, type.n - end.n), end);
}

bool mime_inline_url_next(struct span *rest, struct mime_inline *found)
{
    while (rest->n) {
        struct span type;

        if (!take_scheme(rest) || !has_url_type(*rest, &type))
            continue;
        *rest = span_from(*rest, type.n + 1);
        found->coding = is_base64_type(type) ? MIME_BASE64 : MIME_PERCENT;
        found->content = url_content(*rest);
        *rest = span_from(*rest, found->content.n);
        return true;
    }
    return false;
}
