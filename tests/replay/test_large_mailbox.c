/* A mailbox with more messages that are too large than a session remembers [S11]. */

#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { SMALL = POP3_SESSION_NUMBERS_MAX + 2 };

static void say(struct harness *harness, const char *line)
{
    harness_server_bytes(harness, span_of(line));
}

static void list_all(struct harness *harness)
{
    struct buf listing = {0};

    harness_client_bytes(harness, SPAN("LIST\r\n"));
    buf_add(&listing, SPAN("+OK\r\n"));
    for (int i = 1; i < SMALL; i++)
        buf_add_format(&listing, "%d 1001\r\n", i);
    buf_add_format(&listing, "%d 10\r\n.\r\n", SMALL);
    harness_server_bytes(harness, buf_span(&listing));
    buf_fini(&listing);
}

static void a_small_message_is_requested_however_many_are_too_large(void **state)
{
    struct harness harness;
    struct buf retr = {0};
    const char *sent;

    harness_init(&harness, &pop3_protocol);
    harness.conf.listeners[PROTOCOL_POP3].message_max_bytes = 1000;
    say(&harness, "+OK\r\n");
    list_all(&harness);
    harness_client_bytes(&harness, SPAN("RETR 1\r\n"));
    assert_null(memmem(harness.out[LEG_SERVER].p, harness.out[LEG_SERVER].n, "RETR", 4));
    buf_add_format(&retr, "RETR %d\r\n", SMALL);
    harness_client_bytes(&harness, buf_span(&retr));
    sent = memmem(harness.out[LEG_SERVER].p, harness.out[LEG_SERVER].n, retr.p, retr.n);
    assert_non_null(sent);
    buf_fini(&retr);
    harness_fini(&harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_message_is_requested_however_many_are_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
