#include "content/wrapped.h"

enum {
    OUTER_MAX = 20,    /* maximum offset of the end of an S/MIME body's type */
    SIGNED_MAX = 4096, /* version and digest algorithms precede the content type */
    NAME_MAX_BYTES = 16,
};

static bool has(struct span bytes, struct span wanted, size_t *at)
{
    const char *found = bytes.n ? memmem(bytes.p, bytes.n, wanted.p, wanted.n) : NULL;

    if (found)
        *at = (size_t)(found - bytes.p) + wanted.n;
    return found != NULL;
}

static bool is_smime(struct span file, struct span type)
{
    size_t at;

    return file.n && file.p[0] == '0' && has(span_first(file, OUTER_MAX), type, &at);
}

/* In data, the content type is followed by [0] with the content. A detached signature has a sequence of the
 * type alone; the [0] after that has the certificates. */
static bool holds_content(struct span file)
{
    static const char type[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    struct span alone = SPAN("0\x0b");
    size_t at = 0;

    return has(span_first(file, SIGNED_MAX), span_of(type), &at) && at < file.n && file.p[at] == '\xa0' &&
           !span_ends(span_first(file, at - strlen(type)), alone);
}

static enum wrapped smime(struct span file)
{
    if (is_smime(file, SPAN("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03")) ||       /* enveloped */
        is_smime(file, SPAN("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17"))) /* authenticated */
        return WRAPPED_ENCRYPTED;
    if (is_smime(file, SPAN("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09"))) /* compressed */
        return WRAPPED_OPEN;
    if (is_smime(file, SPAN("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")) && holds_content(file))
        return WRAPPED_OPEN;
    return WRAPPED_NOT;
}

/* Skips line ends and the white space of folds. */
static struct span skip_white(struct span text)
{
    while (text.n && (unsigned char)text.p[0] <= ' ')
        text = span_from(text, 1);
    return text;
}

/* The base64 of the first bytes of JPEG, PNG or GIF. */
static bool is_picture(struct span value)
{
    static const char *const pictures[] = {"/9j/", "iVBORw0KGgo", "R0lGOD"};

    value = skip_white(value);
    for (size_t i = 0; i < sizeof pictures / sizeof pictures[0]; i++)
        if (span_starts(value, span_of(pictures[i])))
            return true;
    return false;
}

/* Length of the start of `rest` that declares the value to be in base64; 0 if there is none. */
static size_t names_base64(struct span rest)
{
    static const char *const names[] = {"BASE64", "ENCODING=B;", "ENCODING=B:"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (span_starts_nocase(rest, span_of(names[i])))
            return strlen(names[i]) - (i ? 1 : 0);
    return 0;
}

/* The value of the property, or of the data URI, with the position `from` in its parameters. *end: end of
 * the last parameters that were examined, so that each byte is passed over once. */
static struct span value_of(struct span text, size_t from, size_t *end)
{
    if (*end < from)
        *end = from;
    while (*end < text.n && text.p[*end] != ':' && text.p[*end] != ',')
        (*end)++;
    return span_from(text, *end + 1);
}

/* Folds may be anywhere, so the parameters are compared without them. */
static size_t unfold(struct span from, char name[NAME_MAX_BYTES])
{
    size_t n = 0;

    for (size_t i = 0; i < from.n && n < NAME_MAX_BYTES; i++)
        if ((unsigned char)from.p[i] > ' ')
            name[n++] = from.p[i];
    return n;
}

static bool has_attachment(struct span text)
{
    size_t end = 0;

    for (size_t i = 0; i < text.n; i++) {
        struct span rest = span_from(text, i);
        char name[NAME_MAX_BYTES];

        if (text.p[i] != ';' && text.p[i] != '=')
            continue;
        if (names_base64((struct span){name, unfold(span_from(rest, 1), name)}) &&
            !is_picture(value_of(text, i, &end)))
            return true;
    }
    return false;
}

static bool is_text(struct span file, struct span begin)
{
    if (span_starts(file, SPAN("\xef\xbb\xbf")))
        file = span_from(file, 3);
    return span_starts_nocase(skip_white(file), begin);
}

enum wrapped wrapped_content(struct span file, const char **what)
{
    *what = "smime";
    if (is_text(file, SPAN("BEGIN:VCALENDAR")))
        *what = "calendar";
    else if (is_text(file, SPAN("BEGIN:VCARD")))
        *what = "card";
    else
        return smime(file);
    return has_attachment(file) ? WRAPPED_OPEN : WRAPPED_NOT;
}
