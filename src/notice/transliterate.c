#include "notice/transliterate.h"

#include "base/text.h"

/* Replacements of U+00C0 to U+017F, one letter each. */
static const char letters[] = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty"
                              "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlL"
                              "lLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

/* X(code point, replacement) */
#define SIGNS(X)     \
    X(0xa0, " ")     \
    X(0xab, "\"")    \
    X(0xb0, "o")     \
    X(0xb7, "*")     \
    X(0xbb, "\"")    \
    X(0xc4, "Ae")    \
    X(0xc6, "AE")    \
    X(0xd6, "Oe")    \
    X(0xdc, "Ue")    \
    X(0xdf, "ss")    \
    X(0xe4, "ae")    \
    X(0xe6, "ae")    \
    X(0xf6, "oe")    \
    X(0xfc, "ue")    \
    X(0x152, "OE")   \
    X(0x153, "oe")   \
    X(0x2010, "-")   \
    X(0x2011, "-")   \
    X(0x2013, "-")   \
    X(0x2014, "-")   \
    X(0x2018, "'")   \
    X(0x2019, "'")   \
    X(0x201a, "'")   \
    X(0x201c, "\"")  \
    X(0x201d, "\"")  \
    X(0x201e, "\"")  \
    X(0x2022, "*")   \
    X(0x2026, "...") \
    X(0x202f, " ")   \
    X(0x20ac, "EUR")

static bool add_ascii(uint32_t code, struct buf *out)
{
    if (code < 0x80) {
        buf_add_char(out, (char)code);
        return true;
    }
    switch (code) {
#define X(sign, plain) \
    case sign: buf_add(out, SPAN(plain)); return true;
        SIGNS(X)
#undef X
    default: break;
    }
    if (code >= 0xc0 && code - 0xc0 < sizeof letters - 1) {
        buf_add_char(out, letters[code - 0xc0]);
        return true;
    }
    buf_add_char(out, '?');
    return false;
}

static bool add_latin1(uint32_t code, struct buf *out)
{
    if (code < 0xa0 || code > 0xff)
        return add_ascii(code, out);
    buf_add_char(out, (char)(unsigned char)code);
    return true;
}

static bool convert(struct span text, struct buf *out, bool (*add)(uint32_t, struct buf *))
{
    bool is_exact = true;

    while (text.n) {
        uint32_t code = '?';
        size_t n = text_char(text, &code);

        is_exact = add(code, out) && is_exact;
        text = span_from(text, n ? n : 1);
    }
    return is_exact;
}

bool transliterate_ascii(struct span text, struct buf *out)
{
    return convert(text, out, add_ascii);
}

bool transliterate_latin1(struct span text, struct buf *out)
{
    return convert(text, out, add_latin1);
}
