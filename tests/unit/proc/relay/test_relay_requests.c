/* Checks what becomes of a request whose message is forgotten, that waits, or that cannot be made. */
#include "tests/unit/proc/relay/relay_lab.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Receives the packets that scan gets: the request, which carries a descriptor, and what follows. */
static unsigned cancelled(uint64_t *id)
{
    struct {
        uint32_t kind, zero;
        char payload[IPC_PAYLOAD_MAX];
    } packet;
    unsigned count = 0;

    while (recv(peers[0], &packet, sizeof packet, 0) > 0)
        if (packet.kind == IPC_CANCEL) {
            memcpy(id, packet.payload, sizeof *id);
            count++;
        }
    return count;
}

static void a_scan_is_taken_back_once_when_its_message_is_forgotten(void **state)
{
    struct held_message *message = make_message();
    uint64_t id = UINT64_MAX;

    begin_scan(message);
    relay_ops.forget(message);
    assert_int_equal(cancelled(&id), 1);
    assert_int_equal(id, 0);
    begin_scan(message = make_message());
    answer_scan();
    relay_ops.forget(make_message());
    assert_int_equal(cancelled(&id), 0);
}

/* The VERDICT of the first request crosses its CANCEL, and the CANCEL is late for it. */
static void the_slot_of_a_scan_that_was_taken_back_is_free_after_its_verdict(void **state)
{
    struct held_message *message = make_message();

    begin_scan(message);
    relay_ops.forget(message);
    begin_scan(make_message());
    assert_int_equal(scan->outstanding, 2);
    answer_scan();
    assert_int_equal(scan->outstanding, 1);
    assert_int_equal(reported()->scanned, 0);
    relay_request_answered(&relay, scan, IPC_VERDICT, &(struct ipc_verdict){.id = 1});
    assert_int_equal(reported()->scanned, 1);
    assert_false(ipc_is_accused(scan->channel));
    answer_scan();
    assert_true(ipc_is_accused(scan->channel));
}

static void what_scan_holds_counts_until_its_verdict(void **state)
{
    struct held_message *message = make_message();

    begin_scan(message);
    relay_ops.forget(message);
    assert_int_equal(session_stats_held(start.stats), OCTETS);
    relay_seat_leave(&session->seat);
    assert_int_equal(session_stats_total(start.stats), 1);
    answer_scan();
    assert_int_equal(session_stats_held(start.stats), 0);
    assert_int_equal(session_stats_total(start.stats), 0);
}

static void what_a_lost_scan_held_is_not_counted_any_more(void **state)
{
    struct held_message *message = make_message();

    begin_scan(message);
    relay_ops.forget(message);
    relay_request_backend_lost(&relay, scan);
    assert_int_equal(session_stats_held(start.stats), 0);
    relay_seat_leave(&session->seat);
    assert_int_equal(session_stats_total(start.stats), 0);
}

/* A request to a scan process that is being replaced. */
static void a_leaving_scan_process_is_awaited_after_a_request_was_taken_back(void **state)
{
    struct held_message *message = make_message();

    begin_scan(message);
    relay_backend_drain(&relay, &(struct ipc_peer){.role = ROLE_SCAN});
    relay_ops.forget(message);
    assert_ptr_equal(relay_backend_by_peer(&relay, &(struct ipc_peer){.role = ROLE_SCAN}), scan);
    answer_scan();
    assert_int_equal(scan->outstanding, 0);
}

/* A reader or the keeper answers soon, and has no packet to take a request back. */
static void what_a_reader_holds_counts_until_its_reply(void **state)
{
    struct held_message *message = make_message();

    store(message);
    relay_ops.forget(message);
    assert_int_equal(session_stats_held(start.stats), OCTETS);
    relay_request_backend_lost(&relay, reader);
    assert_int_equal(session_stats_held(start.stats), 0);
}

/* Returns the time until the session would report a time-out. */
static uint64_t limit_set(void)
{
    relay_timers_set(session);
    return session->timers.due_ms[RELAY_DUE_LIMIT] - relay_now_ms();
}

enum { DEADLINE_MS = 1000, SCAN_MS = 5 * DEADLINE_MS + 30000, HOUR_MS = 3600 * 1000 };

static void a_message_may_wait_an_hour_in_the_queue_of_scan(void **state)
{
    conf.scan.deadline_ms = DEADLINE_MS;
    awaited = PROTOCOL_AWAITS_VERDICT;
    session->timers.is_wait_new = true;
    begin_scan(make_message());
    assert_in_range(limit_set(), HOUR_MS, HOUR_MS + SCAN_MS);
}

/* Ends the current wait. */
static void let_time_out(void)
{
    relay_timers_set(session);
    session->timers.due_ms[RELAY_DUE_LIMIT] = 1;
    relay_session_timer(-1, 0, session);
}

static void a_message_that_has_waited_for_too_long_reports_that_scan_is_busy(void **state)
{
    awaited = PROTOCOL_AWAITS_VERDICT;
    begin_scan(make_message());
    let_time_out();
    assert_int_equal(reported()->scanned, 1);
    assert_true(verdict_is_busy(&reported()->verdict));
    assert_int_equal(reported()->timed_out, 0);
}

static void a_message_that_no_scan_process_has_taken_only_times_out(void **state)
{
    awaited = PROTOCOL_AWAITS_VERDICT;
    scan->is_leaving = true;
    begin_scan(make_message());
    let_time_out();
    assert_int_equal(reported()->scanned, 0);
    assert_int_equal(reported()->timed_out, 1);
    scan->is_leaving = false;
}

/* Without a scan process nothing decides how long the message waits, until there is one again. */
static void a_message_waits_a_short_time_for_a_scan_process(void **state)
{
    conf.scan.deadline_ms = DEADLINE_MS;
    awaited = PROTOCOL_AWAITS_VERDICT;
    session->timers.is_wait_new = true;
    scan->is_leaving = true;
    begin_scan(make_message());
    assert_in_range(limit_set(), SCAN_MS - 1000, SCAN_MS);
    scan->is_leaving = false;
    relay_request_send_waiting(&relay);
    assert_in_range(limit_set(), HOUR_MS, HOUR_MS + SCAN_MS);
}

/* The end of the message is in memory until it is passed on. A limit for the size of a file stands in for a
 * full disk. */
static void a_full_disk_at_the_end_of_a_message_is_no_failure_of_an_engine(void **state)
{
    struct rlimit before;
    enum err why = ERR_NONE;
    struct held_message *message;

    signal(SIGXFSZ, SIG_IGN);
    relay.spool = (struct spool_settings){"/tmp", 0};
    message = make_message();
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){OCTETS - 1, before.rlim_max}), 0);
    assert_false(relay_ops.scan(message, &why));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(why, ERR_SPOOL_FAILED);
    assert_int_equal(err_culprit(why), CULPRIT_DISK);
    assert_int_equal(scan->outstanding, 0);
}

/* The message is to be passed on as a memfd. */
static void a_lack_of_descriptors_is_no_failure_of_the_disk(void **state)
{
    struct rlimit before;
    enum err why = ERR_NONE;
    struct held_message *message = make_message();

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, before.rlim_max}), 0);
    assert_false(relay_ops.scan(message, &why));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(why, ERR_PROCESS_LIMIT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_scan_is_taken_back_once_when_its_message_is_forgotten),
        TEST(the_slot_of_a_scan_that_was_taken_back_is_free_after_its_verdict),
        TEST(what_scan_holds_counts_until_its_verdict),
        TEST(what_a_lost_scan_held_is_not_counted_any_more),
        TEST(a_leaving_scan_process_is_awaited_after_a_request_was_taken_back),
        TEST(what_a_reader_holds_counts_until_its_reply),
        TEST(a_message_may_wait_an_hour_in_the_queue_of_scan),
        TEST(a_message_waits_a_short_time_for_a_scan_process),
        TEST(a_message_that_has_waited_for_too_long_reports_that_scan_is_busy),
        TEST(a_message_that_no_scan_process_has_taken_only_times_out),
        TEST(a_full_disk_at_the_end_of_a_message_is_no_failure_of_an_engine),
        TEST(a_lack_of_descriptors_is_no_failure_of_the_disk),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
