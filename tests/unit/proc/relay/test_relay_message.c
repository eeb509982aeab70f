/* Checks what the relay reports to a protocol of this test, which uses the operations as a protocol may. */
#include "proc/relay/relay_internal.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

enum { OCTETS = 1000, LARGE_OCTETS = 4 << 20 };

/* The session's state. */
struct reported {
    unsigned scanned, stored, delivered, ends, turns; /* turns: of the pump */
    enum err lost;
};

static struct conf conf;
static struct child_start start;
static struct relay relay;
static struct relay_session *session;
static struct relay_backend *scan, *reader;
static int peers[3];

static struct reported *reported(void)
{
    return (struct reported *)session->state;
}

static size_t take_nothing(void *state, enum leg leg, struct span in)
{
    reported()->turns += leg == LEG_CLIENT;
    return 0;
}

static bool take_end(void *state, enum leg leg, struct span rest, enum err why)
{
    reported()->ends++;
    return true;
}

static void lose(void *state, enum leg leg, enum err why)
{
    assert_int_equal(leg, LEG_SERVER);
    reported()->lost = why;
    relay_ops.forget(TAILQ_FIRST(&session->messages));
    relay_ops.close(session, why);
}

static enum protocol_wants want_nothing(const void *state, enum leg leg)
{
    return PROTOCOL_WANTS_NOTHING;
}

static void scanned(void *state, struct held_message *message, const struct verdict *verdict)
{
    reported()->scanned++;
}

static void stored(void *state, struct held_message *message, enum protocol_stored result, uint64_t octets)
{
    reported()->stored++;
}

static bool emit(void *state, struct held_message *message, struct span piece)
{
    relay_ops.emit(message, piece);
    return true;
}

static void end_content(void *state, struct held_message *message)
{
}

static void delivered(void *state, struct held_message *message)
{
    reported()->delivered++;
}

static enum protocol_awaited awaited;

static enum protocol_awaited get_awaited(const void *state)
{
    return awaited;
}

static bool is_logged_in(const void *state)
{
    return true;
}

static bool want_no_timer(const void *state, enum protocol_timer timer)
{
    return false;
}

static void fini(void *state)
{
}

static const char *user_of(const void *state)
{
    return "";
}

static const struct protocol protocol = {
    .id = PROTOCOL_POP3,
    .kind = MESSAGE_MAIL,
    .size = sizeof(struct reported),
    .fini = fini,
    .bytes = take_nothing,
    .end = take_end,
    .lost = lose,
    .wants = want_nothing,
    .scanned = scanned,
    .stored = stored,
    .content = emit,
    .content_end = end_content,
    .delivered = delivered,
    .awaited = get_awaited,
    .is_logged_in = is_logged_in,
    .wants_timer = want_no_timer,
    .user = user_of,
};

static void ignore(void *context, struct conn *conn)
{
}

static void ignore_failure(void *context, struct conn *conn, int error)
{
}

static const struct conn_handlers handlers = {ignore, ignore, ignore, ignore, ignore_failure, NULL};

/* One end of a new pair; the other is kept open. */
static int end_of_pair(int *other, int type)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    *other = pair[1];
    return pair[0];
}

static struct relay_backend *make_backend(enum role role, int *other)
{
    relay_backend_connect(&relay, &(struct ipc_peer){.role = role}, end_of_pair(other, SOCK_SEQPACKET));
    return relay_backend_next(&relay, role);
}

static int set_up(void **state)
{
    enum err why;

    awaited = PROTOCOL_AWAITS_NOTHING;
    conf = (struct conf){.spool.memory_total_max_bytes = UINT64_MAX};
    conf.listeners[PROTOCOL_POP3].message_max_bytes = UINT64_MAX;
    start = (struct child_start){.conf = &conf, .stats = session_stats_new(1)};
    relay = (struct relay){.start = &start, .conf = &conf, .base = event_base_new(), .session_count = 1};
    relay.spool = (struct spool_settings){"/", UINT64_MAX};
    TAILQ_INIT(&relay.backends);
    TAILQ_INIT(&relay.ready);
    relay.serve_ready = event_new(relay.base, -1, 0, relay_session_serve_ready, &relay);
    scan = make_backend(ROLE_SCAN, &peers[0]);
    reader = make_backend(ROLE_READER, &peers[1]);
    session = mem_alloc_zero(sizeof *session + protocol.size);
    session->relay = &relay;
    session->protocol = &protocol;
    session->listener = &conf.listeners[PROTOCOL_POP3];
    session->client_address.any.sa_family = session->server_address.any.sa_family = AF_INET;
    session->server.fd = -1;
    session->timers.event = evtimer_new(relay.base, relay_session_timer, session);
    TAILQ_INIT(&session->messages);
    conn_init(&session->client, relay.base, end_of_pair(&peers[2], SOCK_STREAM), &handlers, session);
    session->seat = relay_seat_take(&relay, PROTOCOL_POP3, &session->client_address, &why);
    return session->seat ? 0 : -1;
}

static int tear_down(void **state)
{
    conn_fini(&session->client);
    relay_session_free(session);
    relay_requests_free(&relay);
    assert_int_equal(session_stats_held(start.stats), 0);
    assert_int_equal(session_stats_total(start.stats), 0);
    relay_backends_free(&relay);
    event_free(relay.serve_ready);
    event_base_free(relay.base);
    session_stats_free(&start.stats);
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++)
        close(peers[i]);
    return 0;
}

static struct held_message *make_message_of(size_t octets)
{
    static const char content[LARGE_OCTETS];
    struct held_message *message = relay_ops.begin(session, LEG_SERVER);
    enum err why;

    assert_true(relay_ops.write(message, (struct span){content, octets}, &why));
    return message;
}

static struct held_message *make_message(void)
{
    return make_message_of(OCTETS);
}

static void begin_scan(struct held_message *message)
{
    enum err why;

    assert_true(relay_ops.scan(message, &why));
}

static void store(struct held_message *message)
{
    struct verdict verdict = {.kind = VERDICT_FAILED};

    relay_ops.store(message, &(struct protocol_incident){.verdict = &verdict, .user = ""});
}

/* Sends the reply to the first request. */
static void answer_scan(void)
{
    relay_request_answered(&relay, scan, IPC_VERDICT, &(struct ipc_verdict){.id = 0});
}

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
        TEST(a_scan_is_taken_back_once_when_its_message_is_forgotten),
        TEST(the_slot_of_a_scan_that_was_taken_back_is_free_after_its_verdict),
        TEST(what_scan_holds_counts_until_its_verdict),
        TEST(what_a_lost_scan_held_is_not_counted_any_more),
        TEST(a_leaving_scan_process_is_awaited_after_a_request_was_taken_back),
        TEST(what_a_reader_holds_counts_until_its_reply),
        TEST(delivered_bytes_outlive_the_message),
        TEST(a_spool_that_fails_in_the_middle_of_a_delivery_is_reported),
        TEST(a_message_may_wait_an_hour_in_the_queue_of_scan),
        TEST(a_message_waits_a_short_time_for_a_scan_process),
        TEST(a_full_disk_at_the_end_of_a_message_is_no_failure_of_an_engine),
        TEST(a_lack_of_descriptors_is_no_failure_of_the_disk),
        TEST(the_end_of_a_leg_is_reported_once),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
