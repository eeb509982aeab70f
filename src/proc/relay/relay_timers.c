/* The timers of a session (enum relay_due). One libevent timer serves all of them. It is set to the earliest
 * due time. If a due time is postponed, the libevent timer still fires at the earlier time, and is then set
 * again. So it need not be set whenever the session makes progress. */

#include "proc/relay/relay_internal.h"

#include <malloc.h>

enum {
    LINGER_MS = 2000,
    FLUSH_MS = 10000,   /* well below PARENT_STOP_MS */
    SCAN_DEADLINES = 5, /* limit for a scan, as a multiple of its deadline: it may need two workers, and wait
                           for a self test */
    SCAN_SLACK_MS = 30000,
    QUEUE_MS = 60 * 60 * 1000, /* limit for the time in scan's queue; scan itself sets no such limit */
    STORE_MS = 60000,
    SHRINKS_PER_TRIM = 100,
    IDLE_MS = 60000,   /* longer than the pauses of a client that fetches its mail */
    SILENCE_MS = 1000, /* after an end of a message that only some clients accept [S8] */
};

static enum leg delivery_leg(const struct relay_session *session)
{
    return session->delivery.message ? relay_message_to(session->delivery.message) : LEG_CLIENT;
}

struct held_message *relay_timers_in_scan(const struct relay_session *session)
{
    struct held_message *message;

    TAILQ_FOREACH(message, &session->messages, link)
    if (relay_request_is_sent(message, IPC_SCAN))
        return message;
    return NULL;
}

/* The request waits either here for a scan process, or in the queue of one. If a scan process dies or hangs,
 * its requests fail, and it is replaced. */
static uint64_t verdict_limit_ms(const struct relay_session *session)
{
    uint64_t scan_ms = session->relay->conf->scan.deadline_ms * SCAN_DEADLINES + SCAN_SLACK_MS;

    return relay_timers_in_scan(session) ? scan_ms + QUEUE_MS : scan_ms;
}

static uint64_t limit_ms(const struct relay_session *session)
{
    const struct conf_listener *listener = session->listener;

    if (session->ending == RELAY_FLUSHING)
        return FLUSH_MS;
    if (session->ending == RELAY_LINGERING)
        return LINGER_MS;
    if (session->is_tunnel && !session->server.connecting)
        return listener->idle_ms;
    if (relay_tls_limit_ms(session))
        return relay_tls_limit_ms(session);
    if (session->server.connecting)
        return listener->connect_timeout_ms;
    switch (session->protocol->awaited(session->state)) {
    case PROTOCOL_AWAITS_SERVER:
    case PROTOCOL_AWAITS_TRANSFER:
    case PROTOCOL_AWAITS_MESSAGE: return listener->server_timeout_ms;
    case PROTOCOL_AWAITS_CLIENT: return listener->idle_ms;
    case PROTOCOL_AWAITS_DELIVERY:
        return delivery_leg(session) == LEG_CLIENT ? listener->idle_ms : listener->server_timeout_ms;
    case PROTOCOL_AWAITS_VERDICT: return verdict_limit_ms(session);
    case PROTOCOL_AWAITS_QUARANTINE: return STORE_MS;
    case PROTOCOL_AWAITS_NOTHING: break;
    }
    return 0;
}

/* Counts the bytes from or to the awaited peer. While the count grows, the limit is extended. Bytes of an
 * incomplete command, or of an incomplete line of a reply, do not count: otherwise a peer that sends one byte
 * now and then would never be late. The protocol reports when a command or line is complete. In a transfer
 * the server is read only as fast as the client accepts bytes, so the bytes that the client has accepted
 * count. While a command is awaited, output that is sent to the client counts. A request makes progress when
 * it is sent to scan. When the session is over, the limit is not extended. */
static uint64_t progress_of(const struct relay_session *session)
{
    const struct conn *client = &session->client, *server = &session->server;

    if (session->ending != RELAY_RUNNING)
        return 0;
    if (session->is_tunnel)
        return client->octets_in + client->octets_out + server->octets_in + server->octets_out;
    switch (session->protocol->awaited(session->state)) {
    case PROTOCOL_AWAITS_MESSAGE: return server->octets_in;
    case PROTOCOL_AWAITS_TRANSFER: return conn_acked_bytes(client);
    case PROTOCOL_AWAITS_CLIENT: return client->octets_out;
    case PROTOCOL_AWAITS_DELIVERY:
        return conn_acked_bytes(delivery_leg(session) == LEG_CLIENT ? client : server);
    case PROTOCOL_AWAITS_VERDICT: return relay_timers_in_scan(session) != NULL;
    case PROTOCOL_AWAITS_SERVER:
    case PROTOCOL_AWAITS_QUARANTINE:
    case PROTOCOL_AWAITS_NOTHING: break;
    }
    return 0;
}

/* Has the awaited peer made progress, or has a new wait begun, since the limit was set? */
static bool has_progressed(const struct relay_session *session)
{
    return session->timers.is_wait_new || session->timers.progress != progress_of(session);
}

static void set_limit(struct relay_session *session, uint64_t now)
{
    uint64_t limit = limit_ms(session);

    if (!has_progressed(session))
        return;
    session->timers.is_wait_new = false;
    session->timers.progress = progress_of(session);
    session->timers.due_ms[RELAY_DUE_LIMIT] = limit ? now + limit : 0;
}

/* If the timer is wanted and not set, sets its due time. If it is not wanted, clears it. */
static void set_once(uint64_t *due, bool wanted, uint64_t at)
{
    if (!wanted)
        *due = 0;
    else if (!*due)
        *due = at;
}

static uint64_t earliest(const struct relay_session *session)
{
    uint64_t first = 0;

    for (int i = 0; i < RELAY_DUE_COUNT; i++)
        if (session->timers.due_ms[i] && (!first || session->timers.due_ms[i] < first))
            first = session->timers.due_ms[i];
    return first;
}

static void arm(struct relay_session *session, uint64_t at, uint64_t now)
{
    uint64_t in_ms = at > now ? at - now : 0;
    struct timeval in = {(time_t)(in_ms / 1000), (suseconds_t)(in_ms % 1000) * 1000};

    session->timers.armed_ms = at;
    event_add(session->timers.event, &in);
}

static bool wants_timer(const struct relay_session *session, enum protocol_timer timer)
{
    return session->protocol->wants_timer(session->state, timer);
}

/* Does silence of the server count now? While its leg is not read, silence does not count: the kernel may
 * hold bytes. */
static bool is_silent(const struct relay_session *session)
{
    return session->ending == RELAY_RUNNING && session->server.reading &&
           wants_timer(session, PROTOCOL_TIMER_SILENCE);
}

static void set_silence(struct relay_session *session, uint64_t now)
{
    if (session->timers.silent_at != session->server.octets_in)
        session->timers.due_ms[RELAY_DUE_SILENCE] = 0;
    session->timers.silent_at = session->server.octets_in;
    set_once(&session->timers.due_ms[RELAY_DUE_SILENCE], is_silent(session), now + SILENCE_MS);
}

/* Is a message arriving or being delivered, and is there a minimum rate for that? */
static bool is_rate_measured(const struct relay_session *session)
{
    enum protocol_awaited awaited;

    if (session->ending != RELAY_RUNNING || session->is_tunnel || session->listener->min_rate == 0)
        return false;
    awaited = session->protocol->awaited(session->state);
    return awaited == PROTOCOL_AWAITS_MESSAGE || awaited == PROTOCOL_AWAITS_DELIVERY;
}

/* Measures each message on its own. */
static void set_rate(struct relay_session *session, uint64_t now)
{
    bool is_measured = is_rate_measured(session);
    uint64_t *due = &session->timers.due_ms[RELAY_DUE_RATE];

    if (session->timers.is_wait_new)
        *due = 0;
    if (is_measured && !*due)
        session->timers.rate_from = progress_of(session);
    set_once(due, is_measured, now + session->listener->min_rate_period_ms);
}

static void set_login(struct relay_session *session)
{
    bool is_outstanding = session->ending == RELAY_RUNNING && !session->is_tunnel &&
                          !session->protocol->is_logged_in(session->state);

    set_once(&session->timers.due_ms[RELAY_DUE_LOGIN], is_outstanding,
             session->begun_ms + session->listener->login_timeout_ms);
}

void relay_timers_set(struct relay_session *session)
{
    const struct conf_listener *listener = session->listener;
    bool runs = session->ending == RELAY_RUNNING;
    uint64_t now = relay_now_ms();
    uint64_t at;

    set_rate(session, now);
    set_limit(session, now);
    set_login(session);
    set_once(&session->timers.due_ms[RELAY_DUE_PATIENCE],
             runs && wants_timer(session, PROTOCOL_TIMER_PATIENCE), now + listener->patience_ms);
    set_once(&session->timers.due_ms[RELAY_DUE_KEEP_ALIVE],
             runs && wants_timer(session, PROTOCOL_TIMER_KEEP_ALIVE), now + listener->keep_alive_ms);
    set_once(&session->timers.due_ms[RELAY_DUE_IDLE], runs && wants_timer(session, PROTOCOL_TIMER_IDLE),
             now + IDLE_MS);
    set_silence(session, now);
    at = earliest(session);
    if (at && (!session->timers.armed_ms || at < session->timers.armed_ms))
        arm(session, at, now);
}

void relay_timers_fire_soon(struct relay_session *session)
{
    arm(session, 1, 1);
}

static bool is_due(struct relay_session *session, enum relay_due what, uint64_t now)
{
    uint64_t *due = &session->timers.due_ms[what];
    bool yes = *due && *due <= now;

    if (yes)
        *due = 0;
    return yes;
}

/* Returns the age of the oldest message, rounded to seconds. */
static uint64_t waited_s(const struct relay_session *session, uint64_t now)
{
    const struct held_message *oldest = TAILQ_FIRST(&session->messages);

    return oldest ? (now - oldest->begun_ms + 500) / 1000 : 0;
}

/* Lets the session free memory. Returns freed memory to the kernel only once per SHRINKS_PER_TRIM calls,
 * because malloc_trim takes long. */
static void shrink(struct relay_session *session)
{
    session->protocol->timer(session->state, PROTOCOL_TIMER_IDLE, 0);
    if (++session->relay->shrinks % SHRINKS_PER_TRIM == 0)
        malloc_trim(0);
}

static void report_due(struct relay_session *session, uint64_t now)
{
    const struct protocol *protocol = session->protocol;

    if (session->ending != RELAY_RUNNING)
        return;
    if (is_due(session, RELAY_DUE_PATIENCE, now))
        protocol->timer(session->state, PROTOCOL_TIMER_PATIENCE, waited_s(session, now));
    if (is_due(session, RELAY_DUE_IDLE, now) && wants_timer(session, PROTOCOL_TIMER_IDLE))
        shrink(session);
    if (is_due(session, RELAY_DUE_KEEP_ALIVE, now))
        protocol->timer(session->state, PROTOCOL_TIMER_KEEP_ALIVE, 0);
    if (is_due(session, RELAY_DUE_SILENCE, now) && is_silent(session) &&
        session->timers.silent_at == session->server.octets_in)
        protocol->timer(session->state, PROTOCOL_TIMER_SILENCE, 0);
}

/* A server that is not read, because the client accepts nothing, cannot be too slow. */
static bool is_too_slow(const struct relay_session *session)
{
    const struct conf_listener *listener = session->listener;
    uint64_t expected = listener->min_rate * listener->min_rate_period_ms / 1000;

    if (!is_rate_measured(session) || progress_of(session) - session->timers.rate_from >= expected)
        return false;
    return session->protocol->awaited(session->state) == PROTOCOL_AWAITS_DELIVERY || session->server.reading;
}

static enum err slow_peer(const struct relay_session *session)
{
    return session->protocol->awaited(session->state) == PROTOCOL_AWAITS_DELIVERY &&
                   delivery_leg(session) == LEG_CLIENT
               ? ERR_CLIENT_TOO_SLOW
               : ERR_SERVER_TOO_SLOW;
}

static void report_expired(struct relay_session *session, uint64_t now)
{
    if (is_due(session, RELAY_DUE_LOGIN, now))
        session->protocol->expired(session->state, ERR_CLIENT_LOGIN_TIMEOUT);
    else if (is_due(session, RELAY_DUE_RATE, now) && is_too_slow(session))
        session->protocol->expired(session->state, slow_peer(session));
}

bool relay_timers_report(struct relay_session *session)
{
    uint64_t now = relay_now_ms();

    session->timers.armed_ms = 0;
    report_expired(session, now);
    report_due(session, now);
    if (!is_due(session, RELAY_DUE_LIMIT, now) || has_progressed(session))
        return false;
    session->timers.is_wait_new = true;
    return true;
}
