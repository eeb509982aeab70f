#include "mail/kept_field.h"

static const struct {
    const char *name;
    bool may_repeat;
} kinds[] = {
#define X(kind, name, many) {name, many},
    KEPT_FIELD_TABLE(X)
#undef X
};

enum kept_kind kept_field_kind(struct span name)
{
    for (size_t i = 0; i < KEPT_NONE; i++)
        if (span_eq_nocase(name, span_of(kinds[i].name)))
            return (enum kept_kind)i;
    return KEPT_NONE;
}

bool kept_field_may_repeat(enum kept_kind kind)
{
    return kinds[kind].may_repeat;
}

static bool is_white(char c)
{
    return c == ' ' || c == '\t';
}

/* Returns the length of the valid line at the front, with its CRLF; 0 if there is none. */
static size_t line_length(struct span text)
{
    bool is_blank = true;
    size_t n = 0;

    while (n < text.n && (is_white(text.p[n]) || (text.p[n] > ' ' && text.p[n] < 0x7f)))
        is_blank = is_white(text.p[n++]) && is_blank;
    if (is_blank || n > KEPT_LINE_MAX || !span_starts(span_from(text, n), SPAN("\r\n")))
        return 0;
    return n + 2;
}

struct span kept_field_name(struct span field)
{
    size_t n = 0;

    while (n < field.n && field.p[n] > ' ' && field.p[n] < 0x7f && field.p[n] != ':')
        n++;
    return n < field.n && field.p[n] == ':' ? span_first(field, n) : (struct span){field.p, 0};
}

struct span kept_field_take(struct span *text)
{
    size_t n = kept_field_name(*text).n ? line_length(*text) : 0;
    struct span field;

    while (n && n < text->n && is_white(text->p[n])) {
        size_t more = line_length(span_from(*text, n));

        n = more ? n + more : 0;
    }
    field = span_first(*text, n);
    *text = span_from(*text, n);
    return field;
}
