/* 1,000 random clean messages through a session, byte for byte, as a whole and in 1-byte cuts on both sides
 * [P2, S8]. */

#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MESSAGES = 1000, LONG_LINE_BYTES = 70 * 1024 };

static unsigned pick(unsigned below)
{
    return (unsigned)rand() % below;
}

static void add_header(struct buf *message)
{
    if (pick(4) == 0)
        return;
    buf_add_format(message, "Subject: message %u\r\nX-Random: %x\r\n", pick(1000), rand());
    if (pick(8))
        buf_add(message, SPAN("\r\n"));
}

static void add_bytes(struct buf *message, unsigned n, unsigned from, unsigned to)
{
    while (n--)
        buf_add_char(message, (char)(from + pick(to - from)));
}

/* Every oddity of mail that has ever confused a proxy, except the bare-LF dot line of [S8], which is not
 * clean. */
static void add_line(struct buf *message)
{
    switch (pick(9)) {
    case 0: add_bytes(message, pick(80), ' ', 0x7f); break;
    case 1: buf_add(message, SPAN(".")); break;
    case 2: add_bytes(message, 1 + pick(4), '.', '.' + 1); break;
    case 3: add_bytes(message, pick(200), 0, 256); break;
    case 4: buf_add(message, SPAN("bare\nline\n\nfeeds")); break;
    case 5: buf_add(message, SPAN("bare\rreturns\r\r.x")); break;
    case 6: buf_add(message, SPAN("nul\0\0.\0")); break;
    case 7: buf_add(message, SPAN("..\n..\r..")); break;
    case 8: add_bytes(message, pick(40) ? 3 : LONG_LINE_BYTES, 'a', 'z'); break;
    }
    buf_add(message, SPAN("\r\n"));
}

static bool has_trap(struct span message)
{
    for (size_t i = 1; i + 1 < message.n; i++) {
        bool bare =
            message.p[i - 1] == '\r' || (message.p[i - 1] == '\n' && (i < 2 || message.p[i - 2] != '\r'));

        if (message.p[i] == '.' && bare && (message.p[i + 1] == '\r' || message.p[i + 1] == '\n'))
            return true;
    }
    return false;
}

static void make_message(struct buf *message)
{
    do {
        buf_clear(message);
        if (pick(50) == 0)
            return;
        add_header(message);
        for (unsigned lines = pick(30); lines; lines--)
            add_line(message);
    } while (has_trap(buf_span(message)));
}

/* As RFC 1939 says: a line that begins with a dot gets another one. Independent of the code under test. */
static void put_on_wire(struct span message, struct buf *wire)
{
    bool line_start = true;

    for (size_t i = 0; i < message.n; i++) {
        if (line_start && message.p[i] == '.')
            buf_add_char(wire, '.');
        buf_add_char(wire, message.p[i]);
        line_start = message.p[i] == '\n' && i > 0 && message.p[i - 1] == '\r';
    }
    buf_add(wire, SPAN(".\r\n"));
}

static void give(struct span bytes, size_t piece, struct harness *harness,
                 void (*into)(struct harness *, struct span))
{
    while (bytes.n) {
        into(harness, span_first(bytes, piece));
        bytes = span_from(bytes, piece);
    }
}

static void fetch(struct harness *harness, struct span message, size_t piece)
{
    const struct verdict clean = {.kind = VERDICT_CLEAN};
    struct buf wire = {0}, expected = {0};

    buf_clear(&harness->out[LEG_CLIENT]);
    buf_clear(&harness->transcript);
    put_on_wire(message, &wire);
    give(SPAN("RETR 1\r\n"), piece, harness, harness_client_bytes);
    give(SPAN("+OK here it comes\r\n"), piece, harness, harness_server_bytes);
    give(buf_span(&wire), piece, harness, harness_server_bytes);
    assert_int_equal(harness->out[LEG_CLIENT].n, 0); /* not sent yet */
    assert_true(span_eq(buf_span(&harness->message->content), message));
    harness_scanned(harness, &clean);
    harness_pump(harness);
    buf_add_format(&expected, "+OK %zu octets\r\n", message.n);
    buf_add(&expected, buf_span(&wire));
    assert_true(span_eq(buf_span(&harness->out[LEG_CLIENT]), buf_span(&expected)));
    buf_fini(&wire);
    buf_fini(&expected);
}

static void fetch_all(size_t piece)
{
    struct harness harness;
    struct buf message = {0};

    srand(1939);
    harness_init(&harness, &pop3_protocol);
    give(SPAN("+OK\r\n"), piece, &harness, harness_server_bytes);
    for (int i = 0; i < MESSAGES; i++) {
        make_message(&message);
        fetch(&harness, buf_span(&message), piece);
    }
    buf_fini(&message);
    harness_fini(&harness);
}

static void passes_unchanged_when_bytes_come_whole(void **state)
{
    fetch_all(SIZE_MAX);
}

static void passes_unchanged_when_bytes_come_one_by_one(void **state)
{
    fetch_all(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_unchanged_when_bytes_come_whole),
        cmocka_unit_test(passes_unchanged_when_bytes_come_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
