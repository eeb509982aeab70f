#include "base/base64.h"

#include <stdint.h>

/* Encodes one to three octets as four characters. */
static void encode_group(char *characters, struct span octets)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;

    for (size_t i = 0; i < 3; i++)
        bits = bits << 8 | (i < octets.n ? (unsigned char)octets.p[i] : 0);
    for (size_t i = 0; i < 4; i++)
        characters[i] = i <= octets.n ? digits[bits >> (18 - 6 * i) & 63] : '=';
}

void base64_add(struct buf *out, struct span octets)
{
    while (octets.n) {
        struct span line = span_first(octets, BASE64_LINE_OCTETS);
        char text[BASE64_LINE_OCTETS / 3 * 4 + 2];
        size_t n = 0;

        octets = span_from(octets, line.n);
        for (; line.n; line = span_from(line, 3), n += 4)
            encode_group(text + n, span_first(line, 3));
        memcpy(text + n, "\r\n", 2);
        buf_add(out, (struct span){text, n + 2});
    }
}
