/* Moving: bytes into the core, a held message to the client, a tunnel's bytes across, and at the end what was
 * said onto the wire. */

#include "proc/relay/relay_internal.h"

#include <unistd.h>

enum {
    DELIVER_CHUNK_BYTES = 1 << 20,
    DELIVER_BURST = 4,          /* chunks before other sessions get their turn */
    WAITING_MAX_BYTES = 262144, /* to be written on a leg before the other is read no further */
};

static void tell(struct relay_session *session, enum relay_own_answer answer)
{
    struct verdict verdict = {.kind = VERDICT_FAILED};

    if (answer == RELAY_ANSWERS_UNSEEN)
        verdict_set_unseen(&verdict);
    else if (answer == RELAY_ANSWERS_KNOWN)
        verdict = *session->known;
    if (answer == RELAY_ANSWERS_NOT_STORED)
        pop3_session_store_failed(&session->session);
    else
        pop3_session_verdict(&session->session, &verdict);
}

static bool tell_own_answer(struct relay_session *session)
{
    enum relay_own_answer answer = session->own_answer;

    session->own_answer = RELAY_ANSWERS_NOTHING;
    if (answer == RELAY_ANSWERS_NOTHING || session->ending != RELAY_RUNNING)
        return false;
    tell(session, answer);
    return true;
}

static bool take_client(struct relay_session *session)
{
    size_t taken = pop3_wire_client_bytes(&session->wire, conn_input(&session->client));

    conn_take(&session->client, taken);
    if (session->client.at_end && !session->client_end_told && session->ending == RELAY_RUNNING)
        session->client_end_told = pop3_wire_client_end(&session->wire, conn_input(&session->client));
    return taken > 0;
}

static bool take_server(struct relay_session *session)
{
    size_t taken = pop3_wire_server_bytes(&session->wire, conn_input(&session->server));

    conn_take(&session->server, taken);
    if (session->server_fault != ERR_NONE && session->ending == RELAY_RUNNING)
        pop3_wire_server_end(&session->wire, conn_input(&session->server), session->server_fault);
    return taken > 0;
}

static uint64_t content_octets(const struct relay_session *session)
{
    return session->source == POP3_SESSION_NOTICE ? session->notice.n : session->session.received.octets;
}

/* The next piece of what is delivered. False: it cannot be read. */
static bool view_content(struct relay_session *session, struct span *piece)
{
    uint64_t left = content_octets(session) - session->offset;
    bool good = true;

    if (session->source == POP3_SESSION_NOTICE)
        *piece = span_from(buf_span(&session->notice), (size_t)session->offset);
    else
        good = spool_view(&session->spool, session->offset, piece);
    *piece = span_first(*piece, left < DELIVER_CHUNK_BYTES ? (size_t)left : DELIVER_CHUNK_BYTES);
    return good && (piece->n > 0 || left == 0);
}

/* What is delivered stays where it is until relay_session_forget, or is gone with the next piece. */
static bool lasts(const struct relay_session *session)
{
    return session->source == POP3_SESSION_NOTICE || spool_is_in_memory(&session->spool);
}

static void emit_content(struct relay_session *session)
{
    struct span piece;

    for (int i = 0; !session->delivery_emitted && conn_waiting(&session->client) < WAITING_MAX_BYTES; i++) {
        if (i == DELIVER_BURST) {
            relay_clock_again(session);
            return;
        }
        if (!view_content(session, &piece)) {
            pop3_session_server_failed(&session->session, ERR_SPOOL_FAILED);
            return;
        }
        session->offset += piece.n;
        if (!pop3_delivery_content(&session->delivery, piece) || session->offset == content_octets(session)) {
            pop3_delivery_end(&session->delivery);
            session->delivery_emitted = true;
        }
        conn_flush(&session->client);
        if (!lasts(session))
            conn_keep(&session->client);
    }
}

static bool move_delivery(struct relay_session *session)
{
    if (!session->delivering)
        return false;
    emit_content(session);
    if (!session->delivering || !session->delivery_emitted || conn_waiting(&session->client) > 0)
        return false;
    session->delivering = false;
    pop3_session_delivered(&session->session);
    return true;
}

static void pass(struct relay_session *session, struct conn *from, struct conn *to)
{
    struct span input = conn_input(from);

    session->tunnelled_octets += input.n;
    conn_write(to, input);
    conn_take(from, input.n);
}

/* Half a connection may end before the other. */
static void move_tunnel(struct relay_session *session)
{
    pass(session, &session->client, &session->server);
    pass(session, &session->server, &session->client);
    conn_flush(&session->client);
    conn_flush(&session->server);
    if (session->client.at_end && conn_waiting(&session->server) == 0)
        conn_shutdown_write(&session->server);
    if (session->server.at_end && conn_waiting(&session->client) == 0)
        conn_shutdown_write(&session->client);
    if (session->client.at_end && session->server.at_end &&
        conn_waiting(&session->client) + conn_waiting(&session->server) == 0)
        pop3_session_client_gone(&session->session);
}

/* The session is over: let what was said leave, shut our end, and wait a little for the client's. */
static void move_ending(struct relay_session *session)
{
    conn_fini(&session->server);
    conn_flush(&session->client);
    if (!conn_is_open(&session->client)) {
        relay_session_bury(session);
        return;
    }
    if (session->ending == RELAY_FLUSHING && conn_waiting(&session->client) == 0) {
        conn_shutdown_write(&session->client);
        session->ending = RELAY_LINGERING;
        session->turned = true;
    }
    if (session->ending == RELAY_LINGERING && session->client.at_end) {
        relay_session_bury(session);
        return;
    }
    conn_take(&session->client, conn_input(&session->client).n);
    conn_read(&session->client, true);
}

/* A client that does not take its answers is asked for no more commands: some of them we answer ourselves. */
static void choose_reading(struct relay_session *session)
{
    bool client = session->tunnel || (pop3_session_wants_client(&session->session) &&
                                      conn_waiting(&session->client) < WAITING_MAX_BYTES);
    bool server = session->tunnel || pop3_session_wants_server(&session->session);

    conn_read(&session->client, client && conn_waiting(&session->server) < WAITING_MAX_BYTES);
    /* The reply to a NOOP of ours adds nothing to what the client has to take. */
    conn_read(&session->server, server && (session->session.keepalive_owed ||
                                           conn_waiting(&session->client) < WAITING_MAX_BYTES));
}

void relay_session_move(struct relay_session *session)
{
    bool moved = true;

    while (moved && session->ending == RELAY_RUNNING && !session->tunnel) {
        moved = tell_own_answer(session);
        moved = take_client(session) || moved;
        if (session->ending == RELAY_RUNNING)
            moved = take_server(session) || moved;
        if (session->ending == RELAY_RUNNING)
            moved = move_delivery(session) || moved;
    }
    if (session->tunnel && session->ending == RELAY_RUNNING)
        move_tunnel(session);
    conn_flush(&session->client);
    conn_flush(&session->server);
    if (session->ending == RELAY_RUNNING)
        choose_reading(session);
    else if (session->ending != RELAY_DEAD)
        move_ending(session);
    if (session->ending != RELAY_DEAD)
        relay_clock_set(session);
}
