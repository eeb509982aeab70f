/* Limits of the client's and of the server's lines, which are too long for a scenario [S9]; and the waits
 * that end after a time [K1]. */

#include "harness.h"
#include "pop3/pop3_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct harness harness;

static void say(void (*bytes)(struct harness *harness, struct span bytes), const char *text)
{
    bytes(&harness, span_of(text));
}

static int set_up(void **state)
{
    harness_init(&harness, &pop3_protocol);
    say(harness_server_bytes, "+OK\r\n");
    return 0;
}

static int tear_down(void **state)
{
    harness_fini(&harness);
    return 0;
}

static void say_many(void (*bytes)(struct harness *harness, struct span bytes), char c, size_t n)
{
    char *text = malloc(n);

    memset(text, c, n);
    bytes(&harness, (struct span){text, n});
    free(text);
}

static bool is_in(const struct buf *text, const char *part)
{
    return memmem(text->p, text->n, part, strlen(part)) != NULL;
}

static void assert_closed(const char *why)
{
    assert_true(harness.closed);
    assert_true(is_in(&harness.transcript, why));
}

/* Of 256 octets with CRLF, and one that does not fit into any buffer. */
static void a_long_command_is_refused_and_the_session_goes_on(void **state)
{
    say(harness_client_bytes, "USER ");
    say_many(harness_client_bytes, 'x', POP3_COMMAND_MAX - 6);
    say(harness_client_bytes, "\r\nUSER ");
    say_many(harness_client_bytes, 'x', 2 * POP3_SASL_LINE_MAX);
    say(harness_client_bytes, "\r\n");
    assert_string_equal(buf_c_str(&harness.out[LEG_CLIENT]),
                        "+OK\r\n-ERR command line too long\r\n-ERR command line too long\r\n");
    assert_int_equal(harness.out[LEG_SERVER].n, 0);
    say(harness_client_bytes, "NOOP\r\n");
    assert_string_equal(buf_c_str(&harness.out[LEG_SERVER]), "NOOP\r\n");
    assert_false(harness.closed);
}

static void a_command_without_end_ends_the_session(void **state)
{
    for (size_t n = 0; !harness.closed && n <= 2 * POP3_DROPPED_MAX; n += 65536)
        say_many(harness_client_bytes, 'x', 65536);
    assert_closed("close CLIENT_LINE_TOO_LONG");
    assert_int_equal(harness.out[LEG_SERVER].n, 0);
}

static void invalid_commands_end_the_session_unless_a_valid_one_is_among_them(void **state)
{
    for (int i = 0; i < POP3_INVALID_COMMANDS_MAX; i++)
        say(harness_client_bytes, "GET / HTTP/1.1\r\n");
    say(harness_client_bytes, "NOOP\r\n");
    say(harness_server_bytes, "+OK\r\n");
    for (int i = 0; i < POP3_INVALID_COMMANDS_MAX; i++)
        say(harness_client_bytes, "GET / HTTP/1.1\r\n");
    assert_false(harness.closed);
    say(harness_client_bytes, "GET / HTTP/1.1\r\n");
    assert_closed("close CLIENT_ERRORS_MAX");
}

/* Instead of a response that is too long, or that some server may read as two lines, the exchange is aborted.
 */
static void a_sasl_response_that_cannot_be_passed_on_aborts_the_exchange(void **state)
{
    static const struct span odd[] = {SPAN("AB\rCD\r\n"), SPAN("AB\0CD\r\n")};

    for (size_t i = 0; i < 3; i++) {
        buf_clear(&harness.out[LEG_SERVER]);
        say(harness_client_bytes, "AUTH LOGIN\r\n");
        say(harness_server_bytes, "+ \r\n");
        if (i < 2) {
            harness_client_bytes(&harness, odd[i]);
        } else {
            say_many(harness_client_bytes, 'x', 2 * POP3_SASL_LINE_MAX);
            say(harness_client_bytes, "\r\n");
        }
        assert_string_equal(buf_c_str(&harness.out[LEG_SERVER]), "AUTH LOGIN\r\n*\r\n");
        say(harness_server_bytes, "-ERR aborted\r\n");
    }
    assert_false(harness.closed);
}

static void a_long_reply_ends_the_session(void **state)
{
    say(harness_client_bytes, "STAT\r\n");
    say(harness_server_bytes, "+OK ");
    say_many(harness_server_bytes, 'x', 2 * POP3_REPLY_LINE_MAX);
    assert_closed("close SERVER_LINE_TOO_LONG");
    assert_false(is_in(&harness.out[LEG_CLIENT], "xxx"));
}

static void a_list_of_capabilities_without_end_ends_the_session(void **state)
{
    say(harness_client_bytes, "CAPA\r\n");
    say(harness_server_bytes, "+OK\r\n");
    for (int i = 0; i < POP3_OTHER_LISTING_MAX; i++)
        say(harness_server_bytes, "X-LINE\r\n");
    assert_false(harness.closed);
    say(harness_server_bytes, "X-LINE\r\n");
    assert_closed("close SERVER_LIST_TOO_LONG");
}

/* It is not kept, because it is too large, and is read only as far as another message might be. */
static void a_message_without_end_ends_the_session(void **state)
{
    harness.conf.listeners[PROTOCOL_POP3].message_max_bytes = 1000;
    harness.spool_limit_octets = 1000;
    harness.spool_fault = ERR_MESSAGE_TOO_LARGE;
    say(harness_client_bytes, "RETR 1\r\n");
    say(harness_server_bytes, "+OK\r\nA: b\r\n\r\n");
    for (int i = 0; i < 40 && !harness.closed; i++)
        say(harness_server_bytes, "0123456789012345678901234567890123456789012345678\r\n");
    assert_closed("close MESSAGE_TOO_LARGE");
    assert_false(is_in(&harness.out[LEG_CLIENT], "0123456789"));
}

static void time_out(void)
{
    harness.protocol->timed_out(harness.session);
    harness_pump(&harness);
}

static void a_listing_that_stops_ends_the_session(void **state)
{
    say(harness_client_bytes, "LIST\r\n");
    say(harness_server_bytes, "+OK\r\n1 100\r\n");
    time_out();
    assert_closed("close SERVER_TIMEOUT");
}

static void a_message_that_cannot_be_stored_in_time_is_refused_and_stays(void **state)
{
    struct verdict infected = {0};

    verdict_set(&infected, VERDICT_INFECTED, UNSCANNABLE_NONE, SPAN("Test"));
    say(harness_client_bytes, "RETR 1\r\n");
    say(harness_server_bytes, "+OK\r\nA: b\r\n\r\nc\r\n.\r\n");
    harness_scanned(&harness, &infected);
    time_out();
    assert_true(is_in(&harness.out[LEG_CLIENT], "-ERR [SYS/TEMP] the message could not be quarantined"));
    say(harness_client_bytes, "DELE 1\r\n");
    assert_false(is_in(&harness.out[LEG_SERVER], "DELE"));
    assert_false(harness.closed);
}

static void a_scan_without_a_verdict_in_time_fails_and_the_message_stays(void **state)
{
    say(harness_client_bytes, "RETR 1\r\n");
    say(harness_server_bytes, "+OK\r\nA: b\r\n\r\nc\r\n.\r\n");
    time_out();
    assert_true(is_in(&harness.out[LEG_CLIENT], "-ERR [SYS/TEMP] the message could not be scanned"));
    say(harness_client_bytes, "DELE 1\r\n");
    assert_false(is_in(&harness.out[LEG_SERVER], "DELE"));
}

static void a_client_without_a_command_is_dismissed(void **state)
{
    time_out();
    assert_closed("close CLIENT_IDLE");
}

/* An empty read of either leg changes nothing; bytes after the end of a session are ignored. */
static void what_comes_after_the_end_is_ignored(void **state)
{
    size_t before;

    harness_client_bytes(&harness, (struct span){"", 0});
    harness_server_bytes(&harness, (struct span){"", 0});
    time_out();
    before = harness.transcript.n;
    harness.protocol->end(harness.session, LEG_CLIENT, (struct span){0}, ERR_NONE);
    harness.protocol->lost(harness.session, LEG_SERVER, ERR_SERVER_GONE);
    harness.protocol->stopping(harness.session);
    time_out();
    assert_int_equal(harness.transcript.n, before);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_long_command_is_refused_and_the_session_goes_on),
        TEST(a_command_without_end_ends_the_session),
        TEST(invalid_commands_end_the_session_unless_a_valid_one_is_among_them),
        TEST(a_sasl_response_that_cannot_be_passed_on_aborts_the_exchange),
        TEST(a_long_reply_ends_the_session),
        TEST(a_list_of_capabilities_without_end_ends_the_session),
        TEST(a_message_without_end_ends_the_session),
        TEST(a_listing_that_stops_ends_the_session),
        TEST(a_message_that_cannot_be_stored_in_time_is_refused_and_stays),
        TEST(a_scan_without_a_verdict_in_time_fails_and_the_message_stays),
        TEST(a_client_without_a_command_is_dismissed),
        TEST(what_comes_after_the_end_is_ignored),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
