#include "mail/mail_layout.h"

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span trim(struct span s)
{
    while (s.n && is_white(s.p[0]))
        s = span_from(s, 1);
    while (s.n && is_white(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Takes the text up to the character `end`, and skips that character. If there is no such character, takes
 * all of *s. */
static struct span take_until(struct span *s, char end)
{
    const char *found = s->n ? memchr(s->p, end, s->n) : NULL;
    struct span taken = span_first(*s, found ? (size_t)(found - s->p) : s->n);

    *s = span_from(*s, taken.n + 1);
    return taken;
}

/* Takes NAME=VALUE or NAME="VALUE", with the semicolon that follows, and returns the name. A backslash is an
 * ordinary byte here; mail_layout_clean rejects a boundary with a backslash. */
static struct span take_parameter(struct span *rest, struct span *value)
{
    struct span name = trim(take_until(rest, '='));

    while (rest->n && is_white(rest->p[0]))
        *rest = span_from(*rest, 1);
    if (rest->n && rest->p[0] == '"') {
        *rest = span_from(*rest, 1);
        *value = take_until(rest, '"');
        take_until(rest, ';');
    } else {
        *value = trim(take_until(rest, ';'));
    }
    return name;
}

static uint8_t charset_of(struct span name)
{
    static const struct {
        const char *name;
        uint8_t charset;
    } known[] = {
        {"us-ascii", MAIL_LAYOUT_ASCII},     {"ascii", MAIL_LAYOUT_ASCII},
        {"utf-8", MAIL_LAYOUT_UTF8},         {"utf8", MAIL_LAYOUT_UTF8},
        {"iso-8859-1", MAIL_LAYOUT_LATIN1},  {"latin1", MAIL_LAYOUT_LATIN1},
        {"iso-8859-15", MAIL_LAYOUT_LATIN1}, {"windows-1252", MAIL_LAYOUT_LATIN1},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (span_eq_nocase(name, span_of(known[i].name)))
            return known[i].charset;
    return MAIL_LAYOUT_UNKNOWN;
}

static void keep_boundary(struct mail_layout *layout, struct span value)
{
    if (layout->boundary[0] || value.n > MAIL_LAYOUT_BOUNDARY_MAX)
        return;
    memcpy(layout->boundary, value.p, value.n);
    layout->boundary[value.n] = '\0';
}

static void take_type(struct mail_layout *layout, struct span value)
{
    struct span type = trim(take_until(&value, ';'));
    bool is_text =
        span_starts_nocase(type, SPAN("text/")) || span_eq_nocase(type, SPAN("text")) || type.n == 0;
    bool has_charset = false;

    if (span_starts_nocase(type, SPAN("multipart/")))
        layout->type = MAIL_LAYOUT_MULTIPART;
    else if (span_eq_nocase(type, SPAN("text/html")))
        layout->type = MAIL_LAYOUT_HTML;
    else
        layout->type = is_text ? MAIL_LAYOUT_TEXT : MAIL_LAYOUT_OTHER;
    while (value.n) {
        struct span argument = {"", 0}, name = take_parameter(&value, &argument);

        if (span_eq_nocase(name, SPAN("boundary")))
            keep_boundary(layout, argument);
        if (span_eq_nocase(name, SPAN("charset")) && !has_charset) {
            layout->charset = charset_of(argument);
            has_charset = true;
        }
    }
}

static void take_encoding(struct mail_layout *layout, struct span value)
{
    struct span name = trim(value);

    if (span_eq_nocase(name, SPAN("base64")))
        layout->encoding = MAIL_LAYOUT_BASE64;
    else if (span_eq_nocase(name, SPAN("quoted-printable")))
        layout->encoding = MAIL_LAYOUT_QUOTED_PRINTABLE;
}

void mail_layout_field(struct mail_layout *layout, const struct mail_field *field)
{
    if (span_eq_nocase(field->name, SPAN("Content-Type")) && !layout->has_type) {
        layout->has_type = 1;
        take_type(layout, field->value);
    } else if (span_eq_nocase(field->name, SPAN("Content-Transfer-Encoding")) && !layout->has_encoding) {
        layout->has_encoding = 1;
        take_encoding(layout, field->value);
    }
}

static bool is_boundary(const char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || (unsigned char)text[i] >= 0x7f || strchr("\"\\", text[i]))
            return false;
    return n > 0 && text[n - 1] != ' ';
}

void mail_layout_clean(struct mail_layout *layout)
{
    layout->boundary[MAIL_LAYOUT_BOUNDARY_MAX] = '\0';
    if (layout->type > MAIL_LAYOUT_OTHER || layout->encoding > MAIL_LAYOUT_BASE64 ||
        layout->charset > MAIL_LAYOUT_UNKNOWN)
        *layout = (struct mail_layout){.type = MAIL_LAYOUT_OTHER};
    if (!is_boundary(layout->boundary))
        layout->boundary[0] = '\0';
    if (layout->type == MAIL_LAYOUT_MULTIPART && !layout->boundary[0])
        layout->type = MAIL_LAYOUT_OTHER;
}
