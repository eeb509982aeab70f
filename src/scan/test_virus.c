#include "scan/test_virus.h"

#include "base/base64.h"

void test_virus_add(struct buf *out)
{
    static const char *const pieces[] = {"X5O!P%@AP[4",     "\\PZX54(P^)7",   "CC)7}$EIC",
                                         "AR-STANDARD-ANT", "IVIRUS-TEST-FI", "LE!$H+H*"};

    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        buf_add(out, span_of(pieces[i]));
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
    base64_add(out, content);
}

void test_virus_add_harmless(struct buf *out, const char *id)
{
    add_header(out, id);
    buf_add(out, SPAN("Content-Type: text/plain; charset=us-ascii\r\n\r\nNothing to fear here.\r\n"));
}
