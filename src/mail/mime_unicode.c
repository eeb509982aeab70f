#include "mail/mime_unicode.h"

#include "mail/mime_decode.h"

#include <stdint.h>

bool mime_unicode_has_mark(struct span text)
{
    return span_starts(text, SPAN("\xff\xfe")) || span_starts(text, SPAN("\xfe\xff"));
}

static void put(struct buf *out, uint32_t character)
{
    if (character < 0x80) {
        buf_add_char(out, (char)character);
    } else if (character < 0x800) {
        buf_add_char(out, (char)(0xc0 | character >> 6));
        buf_add_char(out, (char)(0x80 | (character & 0x3f)));
    } else if (character < 0x10000) {
        buf_add_char(out, (char)(0xe0 | character >> 12));
        buf_add_char(out, (char)(0x80 | (character >> 6 & 0x3f)));
        buf_add_char(out, (char)(0x80 | (character & 0x3f)));
    } else {
        buf_add_char(out, (char)(0xf0 | character >> 18));
        buf_add_char(out, (char)(0x80 | (character >> 12 & 0x3f)));
        buf_add_char(out, (char)(0x80 | (character >> 6 & 0x3f)));
        buf_add_char(out, (char)(0x80 | (character & 0x3f)));
    }
}

/* Joins surrogates. */
struct units {
    struct buf *out;
    uint32_t high; /* 0: none */
};

static void take_unit(struct units *units, uint32_t unit)
{
    uint32_t high = units->high;

    units->high = 0;
    if (unit >= 0xd800 && unit < 0xdc00)
        units->high = unit;
    else if (unit < 0xd800 || unit >= 0xe000)
        put(units->out, unit);
    else if (high)
        put(units->out, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
}

static bool is_big_endian(struct span text)
{
    size_t even = 0, odd = 0;

    if (mime_unicode_has_mark(text))
        return text.p[0] == '\xfe';
    for (size_t i = 0; i + 1 < text.n; i += 2) {
        even += text.p[i] == 0;
        odd += text.p[i + 1] == 0;
    }
    return even > odd;
}

void mime_unicode_from_utf16(struct span text, struct buf *out)
{
    size_t high = is_big_endian(text) ? 0 : 1;
    struct units units = {out, 0};

    for (size_t i = mime_unicode_has_mark(text) ? 2 : 0; i + 1 < text.n; i += 2)
        take_unit(&units,
                  (uint32_t)((unsigned char)text.p[i + high] << 8 | (unsigned char)text.p[i + 1 - high]));
}

static bool is_base64_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* Converts the text after a "+": big-endian UTF-16 in base64. Returns its length, including a "-" at its
 * end. */
static size_t take_shifted(struct span text, struct buf *out)
{
    struct units units = {out, 0};
    struct buf octets = {0};
    size_t n = 0;

    while (n < text.n && is_base64_letter(text.p[n]))
        n++;
    mime_decode(MIME_BASE64, span_first(text, n), &octets);
    for (size_t i = 0; i + 1 < octets.n; i += 2)
        take_unit(&units, (uint32_t)((unsigned char)octets.p[i] << 8 | (unsigned char)octets.p[i + 1]));
    buf_fini(&octets);
    return n + (n < text.n && text.p[n] == '-');
}

void mime_unicode_from_utf7(struct span text, struct buf *out)
{
    while (text.n) {
        char c = text.p[0];

        text = span_from(text, 1);
        if (c != '+') {
            buf_add_char(out, c);
        } else if (text.n && text.p[0] == '-') {
            buf_add_char(out, '+');
            text = span_from(text, 1);
        } else {
            text = span_from(text, take_shifted(text, out));
        }
    }
}
