#include "base/text.h"

static const struct span ellipsis = {"\xe2\x80\xa6", 3};

static bool is_tail(struct span s, size_t i)
{
    return ((unsigned char)s.p[i] & 0xc0) == 0x80;
}

static size_t length_by_lead(unsigned char c)
{
    return c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
}

size_t text_char(struct span s, uint32_t *code)
{
    static const unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    static const uint32_t min[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s.n ? length_by_lead((unsigned char)s.p[0]) : 0;
    uint32_t value;

    if (n == 0 || n > s.n)
        return 0;
    value = (unsigned char)s.p[0] & lead_bits[n];
    for (size_t i = 1; i < n; i++) {
        if (!is_tail(s, i))
            return 0;
        value = value << 6 | ((unsigned char)s.p[i] & 0x3f);
    }
    if (value < min[n] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code = value;
    return n;
}

bool text_is_utf8(struct span s)
{
    while (s.n) {
        uint32_t code;
        size_t n = text_char(s, &code);

        if (n == 0)
            return false;
        s = span_from(s, n);
    }
    return true;
}

bool text_is_ascii(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

static bool is_blank(uint32_t code)
{
    return code <= ' ' || (code >= 0x7f && code <= 0x9f) || code == 0x2028 || code == 0x2029;
}

/* The characters that base/text.h lists as removed. */
static bool is_hidden(uint32_t code)
{
    return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff ||
           (code >= 0xfdd0 && code <= 0xfdef) || (code >= 0xfff9 && code <= 0xfffb) ||
           (code & 0xfffe) == 0xfffe || (code >= 0xe0000 && code <= 0xe007f);
}

void text_init(struct text *text, char *p, size_t size)
{
    *text = (struct text){.p = p, .capacity = size - 1};
}

static void put(struct text *text, struct span bytes)
{
    size_t n = bytes.n + (text->space_due ? 1 : 0);

    if (text->is_cut || n > text->capacity - text->n) {
        text->is_cut = true;
        return;
    }
    if (text->space_due)
        text->p[text->n++] = ' ';
    text->space_due = false;
    memmove(text->p + text->n, bytes.p, bytes.n);
    text->n += bytes.n;
}

void text_add(struct text *text, struct span bytes)
{
    while (bytes.n && !text->is_cut) {
        uint32_t code = 0;
        size_t n = text_char(bytes, &code);

        if (n == 0)
            put(text, SPAN("?"));
        else if (text->keeps_white && (code == ' ' || code == '\t'))
            put(text, span_first(bytes, 1));
        else if (is_blank(code))
            text->space_due = text->n > 0;
        else if (!is_hidden(code))
            put(text, span_first(bytes, n));
        bytes = span_from(bytes, n ? n : 1);
    }
}

static void mark_cut(struct text *text)
{
    if (text->capacity < ellipsis.n)
        return;
    while (text->n > text->capacity - ellipsis.n)
        do
            text->n--;
        while (text->n && is_tail((struct span){text->p, text->n + 1}, text->n));
    memcpy(text->p + text->n, ellipsis.p, ellipsis.n);
    text->n += ellipsis.n;
}

struct span text_end(struct text *text)
{
    if (text->is_cut)
        mark_cut(text);
    text->p[text->n] = '\0';
    return (struct span){text->p, text->n};
}

/* Reading and writing the same array is safe, because no character becomes longer. */
void text_clean(char *p, size_t size)
{
    struct text text;

    text_init(&text, p, size);
    text_add(&text, (struct span){p, strnlen(p, size)});
    text_end(&text);
    memset(p + text.n, 0, size - text.n);
}
