/* Checks what the relay reports to a protocol, which uses the operations as a protocol may. */
#include "tests/unit/proc/relay/relay_lab.h"

#include <stdlib.h>
#include <unistd.h>

static void a_verdict_is_reported_once(void **state)
{
    begin_scan(make_message());
    assert_int_equal(session_stats_held(start.stats), OCTETS);
    answer_scan();
    assert_int_equal(reported()->scanned, 1);
    assert_int_equal(scan->outstanding, 0);
}

static void the_session_proceeds_once_after_the_replies_of_an_iteration(void **state)
{
    begin_scan(make_message());
    begin_scan(make_message());
    answer_scan();
    relay_request_answered(&relay, scan, IPC_VERDICT, &(struct ipc_verdict){.id = 1});
    assert_int_equal(reported()->scanned, 2);
    assert_int_equal(reported()->turns, 0);
    event_base_loop(relay.base, EVLOOP_NONBLOCK);
    assert_int_equal(reported()->turns, 1);
    event_base_loop(relay.base, EVLOOP_NONBLOCK);
    assert_int_equal(reported()->turns, 1);
}

static void a_reply_does_not_wake_a_session_that_has_proceeded_since(void **state)
{
    begin_scan(make_message());
    answer_scan();
    relay_session_proceed(session);
    event_base_loop(relay.base, EVLOOP_NONBLOCK);
    assert_int_equal(reported()->turns, 1);
}

/* Its client is gone before the session is served. */
static void a_session_that_is_over_is_not_served(void **state)
{
    relay.reap = event_new(relay.base, -1, 0, NULL, NULL);
    begin_scan(make_message());
    answer_scan();
    session->has_arrived = true;
    session->ending = RELAY_OVER;
    relay_session_proceed(session);
    assert_int_equal(session->ending, RELAY_DEAD);
    assert_true(TAILQ_EMPTY(&relay.ready));
    event_free(relay.reap);
}

/* The session has waited too long, and delivers the message unscanned. */
static void a_verdict_that_comes_during_the_delivery_is_not_reported(void **state)
{
    struct held_message *message = make_message();

    begin_scan(message);
    relay_ops.deliver(message, PROTOCOL_ORIGINAL, OCTETS);
    answer_scan();
    assert_int_equal(reported()->scanned, 0);
    assert_int_equal(scan->outstanding, 0);
    relay_pump(session);
    assert_int_equal(reported()->delivered, 1);
}

static void a_scan_that_is_lost_during_the_delivery_is_not_reported(void **state)
{
    struct held_message *message = make_message();

    begin_scan(message);
    relay_ops.deliver(message, PROTOCOL_ORIGINAL, OCTETS);
    relay_request_backend_lost(&relay, scan);
    assert_int_equal(reported()->scanned, 0);
}

/* When scan is available again, the verdict is no longer needed. */
static void a_waiting_scan_request_is_not_sent_after_the_delivery_has_begun(void **state)
{
    struct held_message *message = make_message();

    scan->is_leaving = true;
    begin_scan(message);
    relay_ops.deliver(message, PROTOCOL_ORIGINAL, OCTETS);
    scan->is_leaving = false;
    relay_request_send_waiting(&relay);
    assert_int_equal(scan->outstanding, 0);
}

static void a_local_result_is_not_reported_after_the_delivery_began(void **state)
{
    struct held_message *message = make_message();

    conf.scan.engines.n = 1;
    conf.scan.engines.at[0] = ENGINE_NONE;
    begin_scan(message);
    relay_ops.deliver(message, PROTOCOL_ORIGINAL, OCTETS);
    relay_pump(session);
    assert_int_equal(reported()->scanned, 0);
    assert_int_equal(reported()->delivered, 1);
}

static void a_verdict_that_comes_after_the_store_request_is_not_reported(void **state)
{
    struct held_message *message = make_message();

    begin_scan(message);
    store(message);
    answer_scan();
    assert_int_equal(reported()->scanned, 0);
    relay_ops.forget(message);
    relay_request_backend_lost(&relay, reader);
    assert_int_equal(reported()->stored, 0);
    assert_int_equal(reader->outstanding, 1);
}

static void a_verdict_that_comes_after_the_message_was_forgotten_is_not_reported(void **state)
{
    struct held_message *message = make_message();

    begin_scan(message);
    store(message);
    relay_ops.forget(message);
    answer_scan();
    assert_int_equal(reported()->scanned, 0);
    relay_request_backend_lost(&relay, reader);
    assert_int_equal(session_stats_held(start.stats), 0);
}

static void delivered_bytes_outlive_the_message(void **state)
{
    struct held_message *message = make_message();
    char got[2 * OCTETS];

    relay_ops.deliver(message, PROTOCOL_ORIGINAL, OCTETS);
    conn_write_borrowed(&session->client, buf_span(&message->spool.buffered));
    relay_ops.forget(message);
    relay_pump(session);
    assert_int_equal(read(peers[2], got, sizeof got), OCTETS);
    assert_int_equal(reported()->delivered, 0);
}

/* The file of the message cannot be read any more, when half of it has been sent. */
static void a_spool_that_fails_in_the_middle_of_a_delivery_is_reported(void **state)
{
    static char got[LARGE_OCTETS];
    struct held_message *message;
    size_t n = 0;
    ssize_t more;

    relay.spool = (struct spool_settings){"/tmp", 0};
    message = make_message_of(LARGE_OCTETS);
    assert_int_equal(session_stats_held(start.stats), 0);
    relay_ops.deliver(message, PROTOCOL_ORIGINAL, LARGE_OCTETS);
    relay_pump(session);
    assert_int_equal(reported()->lost, ERR_NONE);
    assert_int_equal(ftruncate(message->spool.fd, 0), 0);
    while ((more = read(peers[2], got, sizeof got)) > 0) {
        n += (size_t)more;
        relay_pump(session);
    }
    assert_int_equal(reported()->lost, ERR_SPOOL_FAILED);
    assert_int_equal(session->ending, RELAY_LINGERING);
    assert_true(n > 0 && n < LARGE_OCTETS);
    assert_int_equal(reported()->delivered, 0);
}

/* A session need not end with its server. */
static void the_end_of_a_leg_is_reported_once(void **state)
{
    session->server_fault = ERR_SERVER_CLOSED;
    relay_pump(session);
    relay_pump(session);
    assert_int_equal(reported()->ends, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_verdict_is_reported_once),
        TEST(the_session_proceeds_once_after_the_replies_of_an_iteration),
        TEST(a_reply_does_not_wake_a_session_that_has_proceeded_since),
        TEST(a_session_that_is_over_is_not_served),
        TEST(a_verdict_that_comes_during_the_delivery_is_not_reported),
        TEST(a_scan_that_is_lost_during_the_delivery_is_not_reported),
        TEST(a_waiting_scan_request_is_not_sent_after_the_delivery_has_begun),
        TEST(a_local_result_is_not_reported_after_the_delivery_began),
        TEST(a_verdict_that_comes_after_the_store_request_is_not_reported),
        TEST(a_verdict_that_comes_after_the_message_was_forgotten_is_not_reported),
        TEST(delivered_bytes_outlive_the_message),
        TEST(a_spool_that_fails_in_the_middle_of_a_delivery_is_reported),
        TEST(the_end_of_a_leg_is_reported_once),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
