#include "scan/test_virus.h"

#include <stdint.h>

enum { OCTETS_PER_LINE = 57 };

void test_virus_add(struct buf *out)
{
    static const char *const pieces[] = {"X5O!P%@AP[4",     "\\PZX54(P^)7",   "CC)7}$EIC",
                                         "AR-STANDARD-ANT", "IVIRUS-TEST-FI", "LE!$H+H*"};

    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        buf_add(out, span_of(pieces[i]));
}

/* Encodes up to three octets as four base64 characters. */
static void add_group(struct buf *out, struct span octets)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;

    for (size_t i = 0; i < 3; i++)
        bits = bits << 8 | (i < octets.n ? (uint8_t)octets.p[i] : 0);
    for (size_t i = 0; i < 4; i++)
        buf_add_char(out, i <= octets.n ? digits[bits >> (18 - 6 * i) & 63] : '=');
}

static void add_base64(struct buf *out, struct span content)
{
    while (content.n) {
        struct span line = span_first(content, OCTETS_PER_LINE);

        content = span_from(content, line.n);
        for (; line.n; line = span_from(line, line.n < 3 ? line.n : 3))
            add_group(out, span_first(line, 3));
        buf_add(out, SPAN("\r\n"));
    }
}

static void add_header(struct buf *out, const char *id)
{
    buf_add_format(out,
                   "From: postern <postern@localhost>\r\nTo: postern@localhost\r\n"
                   "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nSubject: a test, %s\r\n"
                   "Message-ID: <%s@postern.localhost>\r\nMIME-Version: 1.0\r\n",
                   id, id);
}

void test_virus_add_mail(struct buf *out, struct span content, const char *id)
{
    add_header(out, id);
    buf_add(out, SPAN("Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
                      "Content-Disposition: attachment; filename=\"test.com\"\r\n\r\n"));
    add_base64(out, content);
}

void test_virus_add_harmless(struct buf *out, const char *id)
{
    add_header(out, id);
    buf_add(out, SPAN("Content-Type: text/plain; charset=us-ascii\r\n\r\nNothing to fear here.\r\n"));
}
