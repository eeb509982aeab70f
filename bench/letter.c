#include "bench/letter.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { LINE = 76 };

/* Numbers have a fixed width, so that all messages of one size really have the same size. */
static const char head_format[] = "Return-Path: <anna@example.org>\r\n"
                                  "Received: from mx.example.org (mx.example.org [203.0.113.25])\r\n"
                                  "\tby pop.example.net (Postfix) with ESMTP id %016" PRIx64 "\r\n"
                                  "\tfor <bob@example.net>; Tue, 24 Nov 2026 10:00:00 +0000\r\n"
                                  "Message-ID: <%016" PRIx64 "@example.org>\r\n"
                                  "From: Anna <anna@example.org>\r\n"
                                  "To: Bob <bob@example.net>\r\n"
                                  "Subject: letter %016" PRIx64 "\r\n"
                                  "Date: Tue, 24 Nov 2026 10:00:00 +0000\r\n"
                                  "MIME-Version: 1.0\r\n"
                                  "Content-Type: multipart/mixed; boundary=\"=_letter\"\r\n"
                                  "\r\n"
                                  "--=_letter\r\n"
                                  "Content-Type: text/plain; charset=utf-8\r\n"
                                  "\r\n"
                                  "This is letter %016" PRIx64 ".\r\n"
                                  "..and a line that began with a dot\r\n";
static const char attachment[] = "--=_letter\r\n"
                                 "Content-Type: application/octet-stream; name=\"data.bin\"\r\n"
                                 "Content-Transfer-Encoding: base64\r\n"
                                 "\r\n";
static const char mark_format[] = "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "\r\n";
static const char close_line[] = "--=_letter--\r\n";

/* Repeatable: rand() would differ between C libraries. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Fills n octets with lines of characters from `alphabet`. Lines begin with one of its first three, never
 * with a dot. */
static void fill(struct buf *buf, size_t n, struct span alphabet, uint32_t *state)
{
    while (n > 0) {
        size_t text = n < LINE + 4 ? (n < 2 ? 0 : n - 2) : LINE;

        for (size_t i = 0; i < text; i++)
            buf_add_char(buf, alphabet.p[next_random(state) % (i ? alphabet.n : 3)]);
        buf_add(buf, span_first(SPAN("\r\n"), n));
        n -= n < 2 ? n : text + 2;
    }
}

static size_t write_head(uint64_t number, struct letter_own *own)
{
    int n = snprintf(own->head, sizeof own->head, head_format, number, number, number, number);

    assert(n > 0 && (size_t)n < sizeof own->head);
    return (size_t)n;
}

static size_t write_mark(uint64_t number, struct letter_own *own)
{
    int n = snprintf(own->mark, sizeof own->mark, mark_format, number, ~number, number, ~number);

    assert(n > 0 && (size_t)n < sizeof own->mark);
    return (size_t)n;
}

void letter_init(struct letter *letter, size_t size)
{
    struct letter_own own;
    size_t fixed = write_head(0, &own) + sizeof attachment - 1 + write_mark(0, &own) + sizeof close_line - 1;
    uint32_t state = 2463534242u;
    size_t text;

    assert(size >= LETTER_SIZE_MIN && size <= LETTER_SIZE_MAX && fixed < size);
    *letter = (struct letter){.size = size};
    text = (size - fixed) / 4;
    fill(&letter->middle, text,
         SPAN("etaoin shrdlu cmfwyp vbgkjq xz ETAOIN,; etaoin shrdlu cmfwyp vbgkjq xz SHRDLU,; ."), &state);
    buf_add(&letter->middle, (struct span){attachment, sizeof attachment - 1});
    fill(&letter->end, size - fixed - text,
         SPAN("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"), &state);
    buf_add(&letter->end, (struct span){close_line, sizeof close_line - 1});
    buf_add(&letter->end, SPAN(".\r\n"));
}

void letter_fini(struct letter *letter)
{
    buf_fini(&letter->middle);
    buf_fini(&letter->end);
}

void letter_write(const struct letter *letter, uint64_t number, struct letter_own *own, struct iovec *pieces)
{
    pieces[0] = (struct iovec){own->head, write_head(number, own)};
    pieces[1] = (struct iovec){letter->middle.p, letter->middle.n};
    pieces[2] = (struct iovec){own->mark, write_mark(number, own)};
    pieces[3] = (struct iovec){letter->end.p, letter->end.n};
}
