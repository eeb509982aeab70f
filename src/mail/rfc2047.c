#include "mail/rfc2047.h"

#include "base/base64.h"
#include "base/number.h"
#include "mail/charset.h"

enum { CHARSET_NAME_MAX = 64, PENDING_MAX = 1024 };

struct word {
    struct span charset, text;
    char encoding; /* 'q', 'b' */
};

/* Decoded octets of adjacent words of one set: a character may be split between them. */
struct decoder {
    struct text *text;
    struct span charset;
    size_t n;
    char pending[PENDING_MAX];
};

static const char word_begin[] = "=?utf-8?", word_end[] = "?=";
enum { WORD_FRAME = (sizeof word_begin - 1) + 2 + (sizeof word_end - 1) };

static void flush(struct decoder *decoder)
{
    if (decoder->n)
        charset_to_text(decoder->charset, (struct span){decoder->pending, decoder->n}, decoder->text);
    decoder->n = 0;
}

static void pend(struct decoder *decoder, int byte)
{
    if (decoder->n == sizeof decoder->pending)
        flush(decoder);
    decoder->pending[decoder->n++] = (char)byte;
}

static void decode_q(struct decoder *decoder, struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        int high = i + 2 < s.n ? number_of_hex_digit(s.p[i + 1]) : -1;

        if (s.p[i] == '=' && high >= 0 && number_of_hex_digit(s.p[i + 2]) >= 0) {
            pend(decoder, high << 4 | number_of_hex_digit(s.p[i + 2]));
            i += 2;
        } else {
            pend(decoder, s.p[i] == '_' ? ' ' : s.p[i]);
        }
    }
}

/* Characters outside the alphabet are ignored; "=" ends the data. */
static void decode_b(struct decoder *decoder, struct span s)
{
    uint32_t bits = 0;
    unsigned count = 0;

    for (size_t i = 0; i < s.n && s.p[i] != '='; i++) {
        int six = base64_sextet(s.p[i]);

        if (six < 0)
            continue;
        bits = (bits << 6 | (uint32_t)six) & 0xffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            pend(decoder, (int)(bits >> count & 0xff));
        }
    }
}

static size_t count_until(struct span s, char end)
{
    const char *found = s.n ? memchr(s.p, end, s.n) : NULL;

    return found ? (size_t)(found - s.p) : s.n;
}

/* Returns the length of the encoded word at the start of s; 0 if there is none. Each part of the word ends at
 * the next "?". */
static size_t find_word(struct span s, struct word *word)
{
    struct span rest = span_from(s, 2);
    size_t n = count_until(span_first(rest, CHARSET_NAME_MAX), '?');

    if (!span_starts(s, SPAN("=?")) || n == 0 || n + 4 > rest.n || rest.p[n] != '?' || rest.p[n + 2] != '?')
        return 0;
    word->charset = span_first(rest, count_until(span_first(rest, n), '*'));
    word->encoding = (char)(rest.p[n + 1] | 0x20);
    if (word->encoding != 'q' && word->encoding != 'b')
        return 0;
    rest = span_from(rest, n + 3);
    n = count_until(rest, '?');
    if (n + 2 > rest.n || rest.p[n + 1] != '=')
        return 0;
    word->text = span_first(rest, n);
    return (size_t)(rest.p + n + 2 - s.p);
}

static void add_word(struct decoder *decoder, const struct word *word)
{
    if (!span_eq_nocase(decoder->charset, word->charset))
        flush(decoder);
    decoder->charset = word->charset;
    if (word->encoding == 'q')
        decode_q(decoder, word->text);
    else
        decode_b(decoder, word->text);
}

static bool is_white(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\r' && s.p[i] != '\n')
            return false;
    return true;
}

/* Returns where the next encoded word begins, and sets *length. If there is none, returns the end of the
 * value, and sets *length to 0. */
static size_t seek_word(struct span value, size_t from, struct word *word, size_t *length)
{
    for (size_t i = from; i < value.n; i++) {
        *length = find_word(span_from(value, i), word);
        if (*length)
            return i;
    }
    *length = 0;
    return value.n;
}

void rfc2047_decode(struct span value, struct text *text)
{
    struct span raw_charset = text_is_utf8(value) ? SPAN("utf-8") : SPAN("windows-1252");
    struct decoder decoder = {.text = text, .charset = {"", 0}};
    bool after_word = false;

    for (size_t i = 0, n; i < value.n && !text->is_cut; i += n) {
        struct word word;
        size_t at = seek_word(value, i, &word, &n);
        struct span between = span_first(span_from(value, i), at - i);

        if (!after_word || n == 0 || !is_white(between)) {
            flush(&decoder);
            charset_to_text(raw_charset, between, text);
        }
        if (n)
            add_word(&decoder, &word);
        after_word = n > 0;
        i = at;
    }
    flush(&decoder);
}

static bool is_plain(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c && strchr("!*+-/", c));
}

static size_t q_length(struct span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += is_plain((unsigned char)s.p[i]) || s.p[i] == ' ' ? 1 : 3;
    return n;
}

static size_t b_length(struct span s)
{
    return (s.n + 2) / 3 * 4;
}

/* Returns as many whole characters as fit when encoded, at least one. A malformed byte counts as a character;
 * callers have cleaned the text. */
static struct span fit(struct span s, size_t max, size_t (*length)(struct span))
{
    size_t n = 0;

    while (n < s.n) {
        uint32_t code;
        size_t next = text_char(span_from(s, n), &code);

        next = n + (next ? next : 1);
        if (n && length(span_first(s, next)) + WORD_FRAME > max)
            break;
        n = next;
    }
    return span_first(s, n);
}

static size_t encode_q(struct span s, char *out)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (is_plain(c) || c == ' ') {
            out[n++] = (char)(c == ' ' ? '_' : c);
        } else {
            out[n++] = '=';
            out[n++] = digits[c >> 4];
            out[n++] = digits[c & 15];
        }
    }
    return n;
}

static size_t encode_b(struct span s, char *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 0;

    for (size_t i = 0; i < s.n; i += 3) {
        size_t left = s.n - i;
        uint32_t bits = (uint32_t)(unsigned char)s.p[i] << 16;

        bits |= left > 1 ? (uint32_t)(unsigned char)s.p[i + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)(unsigned char)s.p[i + 2] : 0;
        out[n++] = alphabet[bits >> 18];
        out[n++] = alphabet[bits >> 12 & 63];
        out[n++] = left > 1 ? alphabet[bits >> 6 & 63] : '=';
        out[n++] = left > 2 ? alphabet[bits & 63] : '=';
    }
    return n;
}

size_t rfc2047_encode_word(struct span *utf8, size_t max, char word[RFC2047_WORD_MAX])
{
    bool is_q = q_length(*utf8) <= b_length(*utf8) + b_length(*utf8) / 4;
    struct span taken =
        fit(*utf8, max < RFC2047_WORD_MAX ? max : RFC2047_WORD_MAX, is_q ? q_length : b_length);
    size_t n = sizeof word_begin - 1;

    if (utf8->n == 0)
        return 0;
    memcpy(word, word_begin, n);
    word[n++] = is_q ? 'q' : 'b';
    word[n++] = '?';
    n += is_q ? encode_q(taken, word + n) : encode_b(taken, word + n);
    memcpy(word + n, word_end, sizeof word_end - 1);
    *utf8 = span_from(*utf8, taken.n);
    return n + sizeof word_end - 1;
}
