/* The times of a session: when it has waited too long for a peer or for us, when the client must see a byte
 * [K1], when the server must hear one [K2]. One timer, set for the first of them; it is left to fire early
 * and look again, for most sessions move on long before. */

#include "proc/relay/relay_internal.h"

enum {
    LINGER_MS = 2000,
    FLUSH_MS = 10000, /* well under what a stop is given */
    ENGINE_SLACK_MS =
        30000, /* scan answers at five times its deadline at the latest: two workers, and a self test */
    STORE_MS = 60000,
    SILENCE_MS = 1000, /* after a bare LF.LF */
};

static uint64_t limit_ms(const struct relay_session *session)
{
    const struct conf_listener *listener = session->listener;

    if (session->ending == RELAY_FLUSHING)
        return FLUSH_MS;
    if (session->ending == RELAY_LINGERING)
        return LINGER_MS;
    if (session->server.connecting)
        return listener->connect_timeout_ms;
    switch (pop3_session_waits(&session->session)) {
    case POP3_SESSION_WAITS_SERVER: return listener->server_timeout_ms;
    case POP3_SESSION_WAITS_CLIENT:
    case POP3_SESSION_WAITS_DELIVERY: return listener->idle_ms;
    case POP3_SESSION_WAITS_US:
        return session->session.phase == SESSION_SCANNING
                   ? session->relay->conf->scan.deadline_ms * 5 + ENGINE_SLACK_MS
                   : STORE_MS;
    case POP3_SESSION_WAITS_NOTHING: break;
    }
    return 0;
}

/* Bytes from or to the one who is waited for. A list is read from the server as fast as the client takes it;
 * wait lines are nobody's progress. Once the session is over nothing puts off its end. */
static uint64_t progress_of(const struct relay_session *session)
{
    const struct conn *client = &session->client, *server = &session->server;

    if (session->ending != RELAY_RUNNING)
        return 0;
    if (session->tunnel)
        return client->octets_in + client->octets_out + server->octets_in + server->octets_out;
    switch (pop3_session_waits(&session->session)) {
    case POP3_SESSION_WAITS_SERVER:
        return server->octets_in + (session->session.phase == SESSION_LISTING ? client->octets_out : 0);
    case POP3_SESSION_WAITS_CLIENT: return client->octets_in + client->octets_out;
    case POP3_SESSION_WAITS_DELIVERY: return conn_taken_by_peer(client);
    case POP3_SESSION_WAITS_US:
    case POP3_SESSION_WAITS_NOTHING: break;
    }
    return 0;
}

/* Has the wait begun anew since its limit was set? What the others say does not count. */
static bool has_moved(const struct relay_session *session)
{
    return session->turned || session->progress != progress_of(session);
}

static void set_limit(struct relay_session *session, uint64_t now)
{
    uint64_t limit = limit_ms(session);

    if (!has_moved(session))
        return;
    session->turned = false;
    session->progress = progress_of(session);
    session->due_ms[RELAY_DUE_LIMIT] = limit ? now + limit : 0;
}

/* Once due it stays due: what moves meanwhile is no byte for the client, none for the server. */
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
        if (session->due_ms[i] && (!first || session->due_ms[i] < first))
            first = session->due_ms[i];
    return first;
}

static void arm(struct relay_session *session, uint64_t at, uint64_t now)
{
    uint64_t in_ms = at > now ? at - now : 0;
    struct timeval in = {(time_t)(in_ms / 1000), (suseconds_t)(in_ms % 1000) * 1000};

    session->armed_ms = at;
    event_add(session->timer, &in);
}

/* What the kernel holds is no silence: bytes that are not read now may have come. */
static bool is_silent(const struct relay_session *session)
{
    return session->ending == RELAY_RUNNING && session->server.reading &&
           pop3_wire_may_be_over(&session->wire);
}

static void set_silence(struct relay_session *session, uint64_t now)
{
    if (session->silent_at != session->server.octets_in)
        session->due_ms[RELAY_DUE_SILENCE] = 0;
    session->silent_at = session->server.octets_in;
    set_once(&session->due_ms[RELAY_DUE_SILENCE], is_silent(session), now + SILENCE_MS);
}

void relay_clock_set(struct relay_session *session)
{
    const struct conf_listener *listener = session->listener;
    bool runs = session->ending == RELAY_RUNNING;
    uint64_t now = relay_now_ms();
    uint64_t at;

    set_limit(session, now);
    set_once(&session->due_ms[RELAY_DUE_WAIT_LINE], runs && pop3_session_may_wait(&session->session),
             now + listener->patience_ms);
    set_once(&session->due_ms[RELAY_DUE_KEEP_ALIVE], runs && pop3_session_may_keep_alive(&session->session),
             now + listener->keep_alive_ms);
    set_silence(session, now);
    at = earliest(session);
    if (at && (!session->armed_ms || at < session->armed_ms))
        arm(session, at, now);
}

void relay_clock_again(struct relay_session *session)
{
    arm(session, 1, 1);
}

static bool is_due(struct relay_session *session, enum relay_due what, uint64_t now)
{
    uint64_t *due = &session->due_ms[what];
    bool yes = *due && *due <= now;

    if (yes)
        *due = 0;
    return yes;
}

void relay_clock_fired(evutil_socket_t fd, short what, void *context)
{
    struct relay_session *session = context;
    uint64_t now;

    session->armed_ms = 0;
    relay_session_read(session); /* what waits to be read came in time */
    if (session->ending == RELAY_DEAD)
        return;
    now = relay_now_ms();
    if (is_due(session, RELAY_DUE_WAIT_LINE, now))
        pop3_wire_waited(&session->wire, (now - session->message_begun_ms + 500) / 1000);
    if (is_due(session, RELAY_DUE_KEEP_ALIVE, now))
        pop3_session_keep_alive(&session->session);
    if (is_due(session, RELAY_DUE_SILENCE, now) && is_silent(session) &&
        session->silent_at == session->server.octets_in)
        pop3_wire_silence(&session->wire);
    if (is_due(session, RELAY_DUE_LIMIT, now) && !has_moved(session)) {
        session->turned = true;
        if (session->ending != RELAY_RUNNING) {
            relay_session_bury(session);
            return;
        }
        session->was_unheard = session->server.connecting;
        pop3_session_timed_out(&session->session);
    }
    relay_session_move(session);
}
