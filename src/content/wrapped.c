#include "content/wrapped.h"

enum {
    OUTER_MAX = 20,    /* the type of an S/MIME body is searched for in this many bytes */
    SIGNED_MAX = 4096, /* the same for the type of the content in it, which follows version and digest
                          algorithms */
    NAME_MAX_BYTES = 16,
};

/* Sets *at to the offset of the end of `wanted`. False: `wanted` was not found. */
static bool find_after(struct span bytes, struct span wanted, size_t *at)
{
    const char *found = bytes.n ? memmem(bytes.p, bytes.n, wanted.p, wanted.n) : NULL;

    if (found)
        *at = (size_t)(found - bytes.p) + wanted.n;
    return found != NULL;
}

static bool is_smime(struct span file, struct span type)
{
    size_t at;

    return file.n && file.p[0] == '0' && find_after(span_first(file, OUTER_MAX), type, &at);
}

/* Returns whether the content, in a [0], follows the content type. In a detached signature, the type is alone
 * in its sequence, and a [0] that follows contains the certificates instead. */
static bool holds_content(struct span file)
{
    static const char type[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    struct span alone = SPAN("0\x0b");
    size_t at = 0;

    return find_after(span_first(file, SIGNED_MAX), span_of(type), &at) && at < file.n &&
           file.p[at] == '\xa0' && !span_ends(span_first(file, at - strlen(type)), alone);
}

static enum wrapped smime_content(struct span file)
{
    if (is_smime(file, SPAN("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03")) ||       /* envelopedData */
        is_smime(file, SPAN("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17"))) /* authEnvelopedData */
        return WRAPPED_ENCRYPTED;
    if (is_smime(file, SPAN("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09"))) /* compressedData */
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

/* Recognises the first bytes of JPEG, PNG or GIF in base64. */
static bool is_picture(struct span value)
{
    static const char *const pictures[] = {"/9j/", "iVBORw0KGgo", "R0lGOD"};

    value = skip_white(value);
    for (size_t i = 0; i < sizeof pictures / sizeof pictures[0]; i++)
        if (span_starts(value, span_of(pictures[i])))
            return true;
    return false;
}

/* Returns whether the parameter that starts here declares the value to be in base64. */
static bool declares_base64(struct span parameter)
{
    static const char *const names[] = {"BASE64", "ENCODING=B;", "ENCODING=B:"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (span_starts_nocase(parameter, span_of(names[i])))
            return true;
    return false;
}

/* Returns the value of the property or data URI that has a parameter at position `from`. Sets *end to the end
 * of its parameters. The next call continues there, so that no byte is examined twice. */
static struct span value_after(struct span text, size_t from, size_t *end)
{
    if (*end < from)
        *end = from;
    while (*end < text.n && text.p[*end] != ':' && text.p[*end] != ',')
        (*end)++;
    return span_from(text, *end + 1);
}

/* Copies the start of a parameter without white space, because folds may be anywhere. Returns its length. */
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
        if (declares_base64((struct span){name, unfold(span_from(rest, 1), name)}) &&
            !is_picture(value_after(text, i, &end)))
            return true;
    }
    return false;
}

static bool starts_with_text(struct span file, struct span begin)
{
    if (span_starts(file, SPAN("\xef\xbb\xbf")))
        file = span_from(file, 3);
    return span_starts_nocase(skip_white(file), begin);
}

enum wrapped wrapped_content(struct span file, const char **what)
{
    *what = "smime";
    if (starts_with_text(file, SPAN("BEGIN:VCALENDAR")))
        *what = "calendar";
    else if (starts_with_text(file, SPAN("BEGIN:VCARD")))
        *what = "card";
    else
        return smime_content(file);
    return has_attachment(file) ? WRAPPED_OPEN : WRAPPED_NOT;
}
