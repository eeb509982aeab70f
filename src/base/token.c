#include "base/token.h"

enum { QUOTED_MAX = 60, COMPARED_NAME_MAX = 32 };

struct span token_trim(struct span text)
{
    while (text.n && token_is_blank(text.p[0]))
        text = span_from(text, 1);
    while (text.n && token_is_blank(text.p[text.n - 1]))
        text.n--;
    return text;
}

bool token_next_word(struct span *rest, struct span *word)
{
    struct span text = token_trim(*rest);
    size_t n = 0;

    while (n < text.n && !token_is_blank(text.p[n]))
        n++;
    *word = span_first(text, n);
    *rest = span_from(text, n);
    return n > 0;
}

bool token_number(struct span text, uint64_t *number)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < text.n; i++) {
        unsigned digit = (unsigned)(text.p[i] - '0');

        if (text.p[i] < '0' || text.p[i] > '9' || sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *number = sum;
    return text.n > 0;
}

bool token_hex_number(struct span text, uint64_t *number)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;

        if (digit == 16 || sum >> 60)
            return false;
        sum = sum << 4 | digit;
    }
    *number = sum;
    return text.n > 0;
}

void token_add_latin1(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];

        if (c >= 0xa0) {
            buf_add_char(out, (char)(0xc0 | c >> 6));
            buf_add_char(out, (char)(0x80 | (c & 0x3f)));
        } else {
            buf_add_char(out, c < 0x80 ? (char)c : '?');
        }
    }
}

void token_add_quoted(struct buf *out, struct span text)
{
    struct span shown = span_first(text, QUOTED_MAX);

    /* Avoids a cut in the middle of a UTF-8 sequence. */
    while (shown.n && shown.n < text.n && ((unsigned char)text.p[shown.n] & 0xc0) == 0x80)
        shown.n--;
    buf_add_char(out, '"');
    buf_add(out, shown);
    if (shown.n < text.n)
        buf_add(out, SPAN("..."));
    buf_add_char(out, '"');
}

struct token_closest token_closest_to(struct span wanted)
{
    return (struct token_closest){wanted, wanted.n / 3 + 2, NULL};
}

static size_t min_of(size_t a, size_t b, size_t c)
{
    size_t min = a < b ? a : b;

    return min < c ? min : c;
}

/* Levenshtein distance; only one row is kept. */
static size_t distance(struct span a, struct span b)
{
    size_t row[COMPARED_NAME_MAX + 1];

    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t above = row[j];

            row[j] = min_of(above + 1, row[j - 1] + 1, diagonal + (a.p[i - 1] != b.p[j - 1]));
            diagonal = above;
        }
    }
    return row[b.n];
}

void token_closest_try(struct token_closest *closest, const char *name)
{
    struct span known = span_of(name);
    size_t found;

    if (closest->wanted.n > COMPARED_NAME_MAX || known.n > COMPARED_NAME_MAX)
        return;
    found = distance(closest->wanted, known);
    if (found < closest->distance && found < known.n) {
        closest->distance = found;
        closest->found = name;
    }
}
