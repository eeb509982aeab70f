#include "mail/mime_decode.h"

#include "base/base64.h"
#include "base/number.h"
#include "mail/mime_line.h"

#include <stdint.h>

enum { BLOCK = 4096, BINHEX_REPEAT = 0x90, YENC_SHIFT = 42, YENC_ESCAPED_SHIFT = 64 };

/* Collects single octets, so that the buffer grows by blocks. */
struct output {
    struct buf *out;
    size_t n;
    char block[BLOCK];
};

static void flush(struct output *output)
{
    buf_add(output->out, (struct span){output->block, output->n});
    output->n = 0;
}

static void put(struct output *output, unsigned octet)
{
    output->block[output->n++] = (char)octet;
    if (output->n == BLOCK)
        flush(output);
}

/* The bits of sextets that do not make an octet yet. */
struct bits {
    uint32_t value;
    unsigned count;
};

/* Returns the next octet; -1: there is none yet. */
static int add_sextet(struct bits *bits, unsigned sextet)
{
    bits->value = (bits->value << 6 | sextet) & 0xffff;
    bits->count += 6;
    if (bits->count < 8)
        return -1;
    bits->count -= 8;
    return (int)(bits->value >> bits->count & 0xff);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void decode_base64(struct output *output, enum mime_coding coding, struct bits *bits,
                          struct span content)
{
    for (size_t i = 0; i < content.n; i++) {
        int sextet = base64_sextet(content.p[i]);
        int octet = sextet < 0 ? -1 : add_sextet(bits, (unsigned)sextet);

        if (octet >= 0)
            put(output, (unsigned)octet);
        if (content.p[i] != '=' || coding == MIME_BASE64_RUN)
            continue;
        if (coding == MIME_BASE64_STOP)
            return;
        *bits = (struct bits){0};
    }
}

/* An octet is left out if the letter that completes it is a "=" in the third or fourth place of its group. */
static void decode_base64_groups(struct output *output, struct span content)
{
    struct bits bits = {0};
    unsigned letters = 0;

    for (size_t i = 0; i < content.n; i++) {
        bool is_pad = content.p[i] == '=';
        int sextet = is_pad ? 0 : base64_sextet(content.p[i]), octet;

        if (sextet < 0)
            continue;
        octet = add_sextet(&bits, (unsigned)sextet);
        if (octet >= 0 && !(is_pad && letters % 4 > 1))
            put(output, (unsigned)octet);
        letters++;
    }
}

static bool is_base64_line(struct span line)
{
    for (size_t i = 0; i < line.n; i++)
        if (base64_sextet(line.p[i]) < 0 && line.p[i] != '=' && !is_blank(line.p[i]))
            return false;
    return true;
}

static void decode_base64_lines(struct output *output, struct span content)
{
    struct bits bits = {0};
    struct span line;

    while (mime_line_next(&content, &line))
        if (is_base64_line(line))
            decode_base64(output, MIME_BASE64, &bits, line);
}

unsigned mime_base64_codings(struct span content)
{
    bool is_padded = false, goes_on = false, is_mixed = false;

    for (size_t i = 0; i < content.n; i++) {
        bool is_letter = base64_sextet(content.p[i]) >= 0;

        goes_on = goes_on || (is_letter && is_padded);
        is_padded = is_padded || content.p[i] == '=';
        is_mixed = is_mixed || (!is_letter && content.p[i] != '=' && !is_blank(content.p[i]));
    }
    return 1u << MIME_BASE64 |
           (goes_on ? 1u << MIME_BASE64_STOP | 1u << MIME_BASE64_RUN | 1u << MIME_BASE64_GROUPS : 0) |
           (is_mixed ? 1u << MIME_BASE64_LINES : 0);
}

static size_t count_blanks(struct span s)
{
    size_t n = 0;

    while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
        n++;
    return n;
}

static void put_all(struct output *output, struct span octets)
{
    for (size_t i = 0; i < octets.n; i++)
        put(output, (unsigned char)octets.p[i]);
}

/* Decodes "=" and what follows; returns the number of octets consumed. Blanks between "=" and the end of the
 * line belong to the soft line break, except in the strict coding. */
static size_t decode_escape(struct output *output, enum mime_coding coding, struct span s)
{
    int high = s.n > 2 ? number_of_hex_digit(s.p[1]) : -1, low = s.n > 2 ? number_of_hex_digit(s.p[2]) : -1;
    size_t n = 1;

    if (high >= 0 && low >= 0) {
        put(output, (unsigned)(high << 4 | low));
        return 3;
    }
    if (coding != MIME_QUOTED_PRINTABLE_STRICT)
        n += count_blanks(span_from(s, 1));
    if (n == s.n)
        return n;
    if (s.p[n] == '\r' || s.p[n] == '\n') {
        while (n < s.n && s.p[n] == '\r')
            n++;
        return n + (n < s.n && s.p[n] == '\n');
    }
    put(output, '=');
    return 1;
}

static bool is_line_end(struct span s)
{
    return s.n == 0 || s.p[0] == '\r' || s.p[0] == '\n';
}

static void decode_quoted_printable(struct output *output, enum mime_coding coding, struct span content)
{
    while (content.n) {
        size_t blanks = coding == MIME_QUOTED_PRINTABLE_TRIMMED ? count_blanks(content) : 0;

        if (content.p[0] == '=') {
            content = span_from(content, decode_escape(output, coding, content));
        } else if (blanks) {
            if (!is_line_end(span_from(content, blanks)))
                put_all(output, span_first(content, blanks));
            content = span_from(content, blanks);
        } else {
            put(output, (unsigned char)content.p[0]);
            content = span_from(content, 1);
        }
    }
}

/* Programs differ about blanks at the end of a line, and about blanks after "=". */
unsigned mime_quoted_printable_codings(struct span content)
{
    unsigned codings = 1u << MIME_QUOTED_PRINTABLE;

    for (size_t i = 0; i < content.n; i++) {
        size_t blanks = count_blanks(span_from(content, i));

        if (blanks == 0)
            continue;
        if (is_line_end(span_from(content, i + blanks)))
            codings |= 1u << MIME_QUOTED_PRINTABLE_TRIMMED;
        if (i > 0 && content.p[i - 1] == '=')
            codings |= 1u << MIME_QUOTED_PRINTABLE_STRICT;
        i += blanks - 1;
    }
    return codings;
}

static void decode_percent(struct output *output, struct span content)
{
    while (content.n) {
        bool is_escape = content.p[0] == '%' && content.n > 2;
        int high = is_escape ? number_of_hex_digit(content.p[1]) : -1,
            low = is_escape ? number_of_hex_digit(content.p[2]) : -1;

        put(output, high >= 0 && low >= 0 ? (unsigned)(high << 4 | low) : (unsigned char)content.p[0]);
        content = span_from(content, high >= 0 && low >= 0 ? 3 : 1);
    }
}

/* Letters beyond "`" are accepted, as by most decoders. */
static int uu_sextet(char c)
{
    return (unsigned char)c >= ' ' ? ((unsigned char)c - ' ') & 63 : -1;
}

static int place_in(const char *alphabet, char c)
{
    const char *found = c ? strchr(alphabet, c) : NULL;

    return found ? (int)(found - alphabet) : -1;
}

static int xx_sextet(char c)
{
    return place_in("+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", c);
}

/* The first character gives the number of octets. Characters that are missing at the end of the line count as
 * zeros, because blanks may have been removed there. */
static void decode_counted_line(struct output *output, int (*sextet_of)(char), struct span line)
{
    int count = line.n ? sextet_of(line.p[0]) : 0;
    struct bits bits = {0};

    for (size_t i = 1; count > 0; i++) {
        int sextet = i < line.n ? sextet_of(line.p[i]) : 0;
        int octet = sextet < 0 ? -1 : add_sextet(&bits, (unsigned)sextet);

        if (octet >= 0) {
            put(output, (unsigned)octet);
            count--;
        }
        if (sextet < 0)
            return;
    }
}

static void decode_counted(struct output *output, int (*sextet_of)(char), struct span content)
{
    struct span line;

    while (mime_line_next(&content, &line) && !span_eq(span_trim(line), SPAN("end")))
        decode_counted_line(output, sextet_of, line);
}

static void decode_yenc_line(struct output *output, struct span line)
{
    for (size_t i = 0; i < line.n; i++) {
        unsigned octet = (unsigned char)line.p[i];

        if (octet == '=' && i + 1 < line.n)
            octet = (unsigned char)line.p[++i] - (unsigned)YENC_ESCAPED_SHIFT;
        put(output, (octet - YENC_SHIFT) & 0xff);
    }
}

static void decode_yenc(struct output *output, struct span content)
{
    struct span line;

    while (mime_line_next(&content, &line) && !span_starts(line, SPAN("=yend")))
        if (!span_starts(line, SPAN("=ypart")))
            decode_yenc_line(output, line);
}

static int binhex_sextet(char c)
{
    return place_in("!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr", c);
}

/* Expands repetitions: 0x90 and a count repeat the octet before them. A count of 0 stands for the octet
 * 0x90. */
struct binhex {
    struct output *output;
    bool is_repeat;
    unsigned last;
};

static void take_binhex(struct binhex *binhex, unsigned octet)
{
    if (binhex->is_repeat) {
        binhex->is_repeat = false;
        if (octet == 0)
            put(binhex->output, binhex->last = BINHEX_REPEAT);
        for (unsigned i = 1; i < octet; i++)
            put(binhex->output, binhex->last);
    } else if (octet == BINHEX_REPEAT) {
        binhex->is_repeat = true;
    } else {
        put(binhex->output, binhex->last = octet);
    }
}

static void decode_binhex(struct output *output, struct span content)
{
    const char *first = content.n ? memchr(content.p, ':', content.n) : NULL;
    struct binhex binhex = {output, false, 0};
    struct bits bits = {0};

    if (!first)
        return;
    for (const char *p = first + 1; p < content.p + content.n && *p != ':'; p++) {
        int sextet = binhex_sextet(*p);
        int octet = sextet < 0 ? -1 : add_sextet(&bits, (unsigned)sextet);

        if (octet >= 0)
            take_binhex(&binhex, (unsigned)octet);
    }
}

/* The header is a counted name, a NUL, 10 octets, the lengths of both forks, and a checksum of two octets. */
struct span mime_binhex_data(struct span decoded)
{
    size_t at = decoded.n ? (size_t)(unsigned char)decoded.p[0] + 12 : 0;
    struct span rest = span_from(decoded, at + 10);
    size_t length = 0;

    if (decoded.n < at + 10)
        return (struct span){0};
    for (size_t i = 0; i < 4; i++)
        length = length << 8 | (unsigned char)decoded.p[at + i];
    return span_first(rest, length);
}

void mime_decode(enum mime_coding coding, struct span content, struct buf *out)
{
    struct output output = {.out = out};

    switch (coding) {
    case MIME_BASE64:
    case MIME_BASE64_STOP:
    case MIME_BASE64_RUN: decode_base64(&output, coding, &(struct bits){0}, content); break;
    case MIME_BASE64_GROUPS: decode_base64_groups(&output, content); break;
    case MIME_BASE64_LINES: decode_base64_lines(&output, content); break;
    case MIME_QUOTED_PRINTABLE:
    case MIME_QUOTED_PRINTABLE_TRIMMED:
    case MIME_QUOTED_PRINTABLE_STRICT: decode_quoted_printable(&output, coding, content); break;
    case MIME_UUENCODE: decode_counted(&output, uu_sextet, content); break;
    case MIME_XXENCODE: decode_counted(&output, xx_sextet, content); break;
    case MIME_YENC: decode_yenc(&output, content); break;
    case MIME_BINHEX: decode_binhex(&output, content); break;
    case MIME_PERCENT: decode_percent(&output, content); break;
    case MIME_CODINGS: break;
    }
    flush(&output);
}

const char *mime_coding_name(enum mime_coding coding)
{
    static const char *const names[MIME_CODINGS] = {
        "base64",
        "base64 up to padding",
        "base64 without padding",
        "base64 in groups",
        "base64 lines",
        "quoted-printable",
        "quoted-printable without blanks at the end of lines",
        "strict quoted-printable",
        "uuencode",
        "xxencode",
        "yEnc",
        "BinHex",
        "percent",
    };

    return names[coding];
}
