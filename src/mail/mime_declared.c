#include "mail/mime_declared.h"

#include "mail/mail_header.h"

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Returns the number of octets of the comment at the front, which may contain other comments. */
static size_t length_of_comment(struct span s)
{
    unsigned depth = 0;
    size_t n = 0;

    do {
        depth += s.p[n] == '(';
        depth -= s.p[n] == ')';
        n += s.p[n] == '\\' && n + 1 < s.n ? 2 : 1;
    } while (n < s.n && depth);
    return n;
}

/* Skips white space and comments. */
static void skip_blanks(struct span *rest)
{
    while (rest->n && (is_white(rest->p[0]) || rest->p[0] == '('))
        *rest = span_from(*rest, rest->p[0] == '(' ? length_of_comment(*rest) : 1);
}

static bool take_char(struct span *rest, char c)
{
    if (rest->n == 0 || rest->p[0] != c)
        return false;
    *rest = span_from(*rest, 1);
    return true;
}

/* Takes the text up to white space or one of the characters `ends`, and the blanks after it. */
static struct span take_word(struct span *rest, const char *ends)
{
    struct span word = {rest->p, 0};

    while (word.n < rest->n && !is_white(rest->p[word.n]) &&
           (rest->p[word.n] == '\0' || !strchr(ends, rest->p[word.n])))
        word.n++;
    *rest = span_from(*rest, word.n);
    skip_blanks(rest);
    return word;
}

/* The value of a parameter. */
struct text {
    size_t n; /* number of octets, including those that do not fit */
    char octets[MIME_DECLARED_BOUNDARY_MAX];
};

static void add(struct text *text, char c)
{
    if (text->n < sizeof text->octets)
        text->octets[text->n] = c;
    text->n++;
}

static void take_quoted(struct span *rest, struct text *text)
{
    while (rest->n && !take_char(rest, '"')) {
        take_char(rest, '\\');
        if (rest->n && rest->p[0] != '\r' && rest->p[0] != '\n')
            add(text, rest->p[0]);
        *rest = span_from(*rest, 1);
    }
}

static void take_value(struct span *rest, struct text *text)
{
    text->n = 0;
    if (take_char(rest, '"')) {
        take_quoted(rest, text);
    } else {
        struct span word = take_word(rest, ";");

        for (size_t i = 0; i < word.n; i++)
            add(text, word.p[i]);
    }
    while (text->n && text->n <= sizeof text->octets && text->octets[text->n - 1] == ' ')
        text->n--;
}

static bool is_boundary(const struct mime_declared *declared, struct span text)
{
    return span_eq((struct span){declared->boundary, declared->boundary_n}, text);
}

/* The first boundary counts. */
static void take_boundary(struct mime_declared *declared, const struct text *text)
{
    if (text->n > sizeof text->octets) {
        declared->is_disputed = true;
    } else if (declared->boundary_n == 0) {
        memcpy(declared->boundary, text->octets, text->n);
        declared->boundary_n = text->n;
    } else if (!is_boundary(declared, (struct span){text->octets, text->n})) {
        declared->is_disputed = true;
    }
}

static void take_parameters(struct mime_declared *declared, struct span rest)
{
    struct text value;
    struct span name;

    while (rest.n) {
        while (take_char(&rest, ';'))
            skip_blanks(&rest);
        name = take_word(&rest, "=;(");
        if (!take_char(&rest, '='))
            continue;
        skip_blanks(&rest);
        take_value(&rest, &value);
        skip_blanks(&rest);
        if (span_eq_nocase(name, SPAN("boundary")))
            take_boundary(declared, &value);
        else if (span_starts_nocase(name, SPAN("boundary")))
            declared->is_disputed = true; /* continued or encoded (RFC 2231) */
    }
}

static enum mime_declared_kind kind_of(struct span type, struct span subtype)
{
    if (span_eq_nocase(type, SPAN("multipart")))
        return span_eq_nocase(subtype, SPAN("digest")) ? MIME_DECLARED_DIGEST : MIME_DECLARED_MULTIPART;
    if (span_eq_nocase(type, SPAN("message")) &&
        (span_eq_nocase(subtype, SPAN("rfc822")) || span_eq_nocase(subtype, SPAN("global")) ||
         span_eq_nocase(subtype, SPAN("news"))))
        return MIME_DECLARED_MESSAGE;
    return MIME_DECLARED_LEAF;
}

static bool has_boundary(struct span value)
{
    for (; value.n; value = span_from(value, 1))
        if (span_starts_nocase(value, SPAN("boundary")))
            return true;
    return false;
}

static void read_type(struct mime_declared *declared, struct span value)
{
    struct span rest = value, type, subtype = {0};

    skip_blanks(&rest);
    type = take_word(&rest, "/;(");
    if (take_char(&rest, '/')) {
        skip_blanks(&rest);
        subtype = take_word(&rest, "/;(");
    }
    declared->kind = MIME_DECLARED_LEAF;
    if (rest.n == 0 || rest.p[0] == ';') {
        declared->kind = (uint8_t)kind_of(type, subtype);
        take_parameters(declared, rest);
    }
    if (declared->kind == MIME_DECLARED_LEAF && has_boundary(value))
        declared->is_disputed = true;
}

static bool has_same_parts(const struct mime_declared *a, const struct mime_declared *b)
{
    return a->kind == b->kind && is_boundary(a, (struct span){b->boundary, b->boundary_n});
}

static void take_type(struct mime_declared *declared, struct span value)
{
    struct mime_declared other = {0};

    if (!declared->has_type) {
        read_type(declared, value);
        declared->has_type = true;
        return;
    }
    read_type(&other, value);
    if (other.is_disputed || (other.kind != MIME_DECLARED_LEAF && !has_same_parts(declared, &other)))
        declared->is_disputed = true;
}

static enum mime_declared_encoding encoding_of(struct span value)
{
    static const struct {
        const char *name;
        enum mime_declared_encoding encoding;
    } known[] = {
        {"", MIME_DECLARED_IDENTITY},           {"7bit", MIME_DECLARED_IDENTITY},
        {"8bit", MIME_DECLARED_IDENTITY},       {"binary", MIME_DECLARED_IDENTITY},
        {"base64", MIME_DECLARED_BASE64},       {"quoted-printable", MIME_DECLARED_QUOTED_PRINTABLE},
        {"x-uuencode", MIME_DECLARED_UUENCODE}, {"x-uue", MIME_DECLARED_UUENCODE},
        {"uuencode", MIME_DECLARED_UUENCODE},
    };
    struct span word;

    skip_blanks(&value);
    word = take_word(&value, "(");
    for (size_t i = 0; value.n == 0 && i < sizeof known / sizeof known[0]; i++)
        if (span_eq_nocase(word, span_of(known[i].name)))
            return known[i].encoding;
    return MIME_DECLARED_UNKNOWN;
}

static void take_encoding(struct mime_declared *declared, struct span value)
{
    enum mime_declared_encoding encoding = encoding_of(value);

    if (declared->has_encoding)
        declared->other_encodings |= 1u << encoding;
    else
        declared->encoding = (uint8_t)encoding;
    declared->has_encoding = true;
}

static void take_field(struct mime_declared *declared, const struct mail_field *field)
{
    declared->has_field = true;
    if (span_eq_nocase(field->name, SPAN("Content-Type")))
        take_type(declared, field->value);
    else if (span_eq_nocase(field->name, SPAN("Content-Transfer-Encoding")))
        take_encoding(declared, field->value);
}

void mime_declared_read(struct mime_declared *declared, struct span text, enum mime_declared_kind by_default)
{
    struct mail_header header;
    struct mail_field field;

    *declared = (struct mime_declared){.kind = (uint8_t)by_default};
    mail_header_init(&header);
    while (mail_header_next(&header, &text, &field) == MAIL_HEADER_FIELD)
        take_field(declared, &field);
    while (mail_header_finish(&header, &field) == MAIL_HEADER_FIELD)
        take_field(declared, &field);
}
