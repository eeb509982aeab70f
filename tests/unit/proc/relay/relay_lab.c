#include "tests/unit/proc/relay/relay_lab.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct conf conf;
struct child_start start;
struct relay relay;
struct relay_session *session;
struct relay_backend *scan, *reader;
int peers[3];

struct reported *reported(void)
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
    reported()->verdict = *verdict;
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

enum protocol_awaited awaited;

static enum protocol_awaited get_awaited(const void *state)
{
    return awaited;
}

static void time_out(void *state)
{
    reported()->timed_out++;
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
    .timed_out = time_out,
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

int set_up(void **state)
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

int tear_down(void **state)
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

struct held_message *make_message_of(size_t octets)
{
    static const char content[LARGE_OCTETS];
    struct held_message *message = relay_ops.begin(session, LEG_SERVER);
    enum err why;

    assert_true(relay_ops.write(message, (struct span){content, octets}, &why));
    return message;
}

struct held_message *make_message(void)
{
    return make_message_of(OCTETS);
}

void begin_scan(struct held_message *message)
{
    enum err why;

    assert_true(relay_ops.scan(message, &why));
}

void store(struct held_message *message)
{
    struct verdict verdict = {.kind = VERDICT_FAILED};

    relay_ops.store(message, &(struct protocol_incident){.verdict = &verdict, .user = ""});
}

void answer_scan(void)
{
    relay_request_answered(&relay, scan, IPC_VERDICT, &(struct ipc_verdict){.id = 0});
}
