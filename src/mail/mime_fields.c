#include "mail/mime_fields.h"

#include "mail/mime_line.h"

/* Takes a line with its CRLF. False: there is no CRLF, or the line has a CR or NUL within, or is too long. */
static bool take_line(struct span *rest, struct span *line)
{
    const char *feed = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    size_t n = feed ? (size_t)(feed - rest->p) : 0;

    if (n == 0 || n - 1 > MIME_LINE_OCTETS_MAX || rest->p[n - 1] != '\r' || memchr(rest->p, '\r', n - 1) ||
        memchr(rest->p, '\0', n))
        return false;
    *line = span_first(*rest, n - 1);
    *rest = span_from(*rest, n + 1);
    return true;
}

static bool is_token(char c)
{
    return c > ' ' && c < 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

static bool is_folding(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_folding(struct span *rest)
{
    while (rest->n && is_folding(rest->p[0]))
        *rest = span_from(*rest, 1);
}

static bool take_char(struct span *rest, char c)
{
    if (rest->n == 0 || rest->p[0] != c)
        return false;
    *rest = span_from(*rest, 1);
    return true;
}

static bool take_token(struct span *rest, struct span *token)
{
    size_t n = 0;

    while (n < rest->n && is_token(rest->p[n]))
        n++;
    *token = span_first(*rest, n);
    *rest = span_from(*rest, n);
    return n > 0;
}

/* Takes a quoted string. A backslash or a fold within it is not accepted. */
static bool take_quoted(struct span *rest, struct span *text)
{
    size_t n = 1;

    if (rest->n < 2 || rest->p[0] != '"')
        return false;
    while (n < rest->n && rest->p[n] != '"' && rest->p[n] != '\\' && rest->p[n] != '\r')
        n++;
    if (n == rest->n || rest->p[n] != '"')
        return false;
    *text = (struct span){rest->p + 1, n - 1};
    *rest = span_from(*rest, n + 1);
    return true;
}

/* Text that looks like an encoded word (RFC 2047) is not accepted, because some programs decode it. */
static bool is_boundary(struct span text)
{
    if (memmem(text.p, text.n, "=?", 2))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              (c && strchr("'()+_,-./:=? ", c))))
            return false;
    }
    return text.n > 0 && text.n <= MIME_BOUNDARY_MAX && text.p[text.n - 1] != ' ';
}

static bool is_charset(struct span value)
{
    return !span_starts_nocase(value, SPAN("utf-7")) && !span_starts_nocase(value, SPAN("utf7")) &&
           !span_starts_nocase(value, SPAN("utf-16")) && !span_starts_nocase(value, SPAN("utf16")) &&
           !span_starts_nocase(value, SPAN("unicode"));
}

static bool take_parameter(struct mime_fields *fields, struct span *rest)
{
    struct span name, value;

    skip_folding(rest);
    if (!take_token(rest, &name) || !take_char(rest, '=') ||
        !(take_quoted(rest, &value) || take_token(rest, &value)))
        return false;
    skip_folding(rest);
    if (span_starts_nocase(name, SPAN("boundary"))) {
        if (name.n != 8 || fields->boundary.n || !is_boundary(value))
            return false;
        fields->boundary = value;
    }
    return !span_starts_nocase(name, SPAN("charset")) || (name.n == 7 && is_charset(value));
}

/* A semicolon may follow the last parameter. */
static bool take_parameters(struct mime_fields *fields, struct span rest)
{
    skip_folding(&rest);
    while (rest.n) {
        if (!take_char(&rest, ';'))
            return false;
        skip_folding(&rest);
        if (rest.n && !take_parameter(fields, &rest))
            return false;
    }
    return true;
}

/* Of the types message/..., accepts only those whose content all programs read unchanged. Does not accept
 * multipart/digest, because its parts without a type are messages. */
static bool take_type(struct mime_fields *fields, struct span rest)
{
    struct span type, subtype;

    skip_folding(&rest);
    if (fields->has_type || !take_token(&rest, &type) || !take_char(&rest, '/') ||
        !take_token(&rest, &subtype))
        return false;
    fields->has_type = true;
    fields->is_multipart = span_eq_nocase(type, SPAN("multipart"));
    fields->is_of_message = span_eq_nocase(type, SPAN("message"));
    fields->is_message = fields->is_of_message && span_eq_nocase(subtype, SPAN("rfc822"));
    fields->is_text = span_eq_nocase(type, SPAN("text")) || fields->is_of_message;
    if (fields->is_of_message && !fields->is_message && !span_eq_nocase(subtype, SPAN("delivery-status")) &&
        !span_eq_nocase(subtype, SPAN("disposition-notification")))
        return false;
    if ((fields->is_multipart &&
         (span_eq_nocase(subtype, SPAN("digest")) || span_eq_nocase(subtype, SPAN("encrypted")))) ||
        span_eq_nocase(subtype, SPAN("pkcs7-mime")) || span_eq_nocase(subtype, SPAN("x-pkcs7-mime")) ||
        span_eq_nocase(subtype, SPAN("mac-binhex40")) || span_eq_nocase(subtype, SPAN("ms-tnef")) ||
        span_eq_nocase(subtype, SPAN("vnd.ms-tnef")))
        return false;
    return take_parameters(fields, rest);
}

static bool take_encoding(struct mime_fields *fields, struct span rest)
{
    struct span token;

    /* Not all programs read a folded value. */
    if (rest.n && memchr(rest.p, '\r', rest.n))
        return false;
    skip_folding(&rest);
    if (fields->has_encoding || !take_token(&rest, &token))
        return false;
    skip_folding(&rest);
    fields->has_encoding = true;
    if (span_eq_nocase(token, SPAN("base64")))
        fields->encoding = MIME_ENCODING_BASE64;
    else if (span_eq_nocase(token, SPAN("quoted-printable")))
        fields->encoding = MIME_ENCODING_QUOTED_PRINTABLE;
    else if (!span_eq_nocase(token, SPAN("7bit")) && !span_eq_nocase(token, SPAN("8bit")) &&
             !span_eq_nocase(token, SPAN("binary")))
        return false;
    return rest.n == 0;
}

static bool take_disposition(struct mime_fields *fields, struct span rest)
{
    struct mime_fields ignored = {0};
    struct span token;

    skip_folding(&rest);
    if (fields->has_disposition || !take_token(&rest, &token))
        return false;
    fields->has_disposition = true;
    return take_parameters(&ignored, rest);
}

/* Does the name contain that of the encoding field? Some programs only search for it. */
static bool has_encoding_name(struct span name)
{
    const struct span encoding = SPAN("content-transfer-encoding");

    for (; name.n >= encoding.n; name = span_from(name, 1))
        if (span_starts_nocase(name, encoding))
            return true;
    return false;
}

static bool take_field(struct mime_fields *fields, struct span name, struct span value)
{
    if (span_starts_nocase(name, SPAN("content-")) && value.n > MIME_FIELD_OCTETS_MAX)
        return false;
    if (span_eq_nocase(name, SPAN("content-type")))
        return take_type(fields, value);
    if (span_eq_nocase(name, SPAN("content-transfer-encoding")))
        return take_encoding(fields, value);
    if (span_eq_nocase(name, SPAN("content-disposition")))
        return take_disposition(fields, value);
    if (span_eq_nocase(name, SPAN("mime-version")))
        fields->has_version = true;
    return !has_encoding_name(name);
}

/* Takes the field at the front of *rest, with its continuation lines. */
static bool take_whole_field(struct span *rest, struct span *name, struct span *value)
{
    struct span line;
    const char *colon;
    size_t n = 0;

    if (!take_line(rest, &line))
        return false;
    colon = line.n ? memchr(line.p, ':', line.n) : NULL;
    while (n < line.n && line.p[n] > ' ' && line.p[n] < 0x7f && line.p[n] != ':')
        n++;
    if (!colon || n == 0 || line.p + n != colon)
        return false;
    *name = span_first(line, n);
    *value = span_from(line, n + 1);
    while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t')) {
        if (!take_line(rest, &line) || span_trim(line).n == 0)
            return false;
        value->n = (size_t)(line.p + line.n - value->p);
    }
    return true;
}

bool mime_fields_read(struct mime_fields *fields, struct span *rest)
{
    struct span name, value;

    *fields = (struct mime_fields){0};
    while (!span_starts(*rest, SPAN("\r\n")))
        if (!take_whole_field(rest, &name, &value) || !take_field(fields, name, value))
            return false;
    *rest = span_from(*rest, 2);
    return !fields->is_of_message || fields->encoding == MIME_ENCODING_NONE;
}
