/* Moves bytes: from both legs into the protocol, from a held message to its leg, and between the legs of a
 * tunnel. When the session is over, flushes the output. */

#include "proc/relay/relay_internal.h"

static bool take_bytes(struct relay_session *session, enum leg leg)
{
    struct conn *conn = relay_leg(session, leg);
    size_t taken;

    if (session->is_tls && leg == LEG_CLIENT && !session->has_spoken && conn_input(conn).n)
        relay_tls_note_first_bytes(session);
    taken = session->protocol->bytes(session->state, leg, conn_input(conn));

    conn_take(conn, taken);
    return taken > 0;
}

static void report_end(struct relay_session *session, enum leg leg, enum err why)
{
    if (!session->is_end_reported[leg] && session->ending == RELAY_RUNNING)
        session->is_end_reported[leg] =
            session->protocol->end(session->state, leg, conn_input(relay_leg(session, leg)), why);
}

/* Before TLS is open, the client's bytes are not for the protocol. */
static bool take_client(struct relay_session *session)
{
    bool taken = !relay_tls_is_client_due(session) && take_bytes(session, LEG_CLIENT);

    if (session->client.at_end && !session->tls)
        report_end(session, LEG_CLIENT, ERR_CLIENT_GONE);
    return taken;
}

static bool take_server(struct relay_session *session)
{
    bool taken = take_bytes(session, LEG_SERVER);

    if (session->server_fault != ERR_NONE)
        report_end(session, LEG_SERVER, session->server_fault);
    return taken;
}

static void pass_bytes(struct relay_session *session, struct conn *from, struct conn *to)
{
    struct span input = conn_input(from);

    session->tunnelled_octets += input.n;
    conn_write(to, input);
    conn_take(from, input.n);
}

/* Each direction of a tunnel may end before the other. */
static void move_tunnel(struct relay_session *session)
{
    pass_bytes(session, &session->client, &session->server);
    pass_bytes(session, &session->server, &session->client);
    conn_flush(&session->client);
    conn_flush(&session->server);
    if (session->client.at_end && conn_waiting(&session->server) == 0)
        conn_shutdown_write(&session->server);
    if (session->server.at_end && conn_waiting(&session->client) == 0)
        conn_shutdown_write(&session->client);
    if (session->client.at_end && session->server.at_end &&
        conn_waiting(&session->client) + conn_waiting(&session->server) == 0)
        session->protocol->lost(session->state, LEG_CLIENT, ERR_CLIENT_GONE);
}

/* For a session that is over. Flushes the output, closes the sending direction, and waits until the client
 * closes its direction, too. */
static void end_gracefully(struct relay_session *session)
{
    conn_fini(&session->server);
    conn_flush(&session->client);
    if (!conn_is_open(&session->client)) {
        session->ending = RELAY_OVER;
        return;
    }
    if (session->ending == RELAY_FLUSHING && conn_waiting(&session->client) == 0) {
        conn_shutdown_write(&session->client);
        session->ending = RELAY_LINGERING;
        session->timers.is_wait_new = true;
    }
    if (session->ending == RELAY_LINGERING && session->client.at_end) {
        session->ending = RELAY_OVER;
        return;
    }
    conn_take(&session->client, conn_input(&session->client).n);
    conn_read(&session->client, true);
}

/* Must the leg be read? While too much output waits for the client, only bytes that are not passed on are
 * wanted. */
static bool wants(struct relay_session *session, enum leg leg)
{
    enum protocol_wants wants = session->protocol->wants(session->state, leg);

    if (session->tls && leg == LEG_CLIENT)
        return relay_tls_wants_client(session);
    if (session->tls && !relay_tls_wants_server(session))
        return false;

    return wants == PROTOCOL_WANTS_OWN_BYTES ||
           (wants == PROTOCOL_WANTS_BYTES && conn_waiting(&session->client) < RELAY_WAITING_MAX_BYTES);
}

static void set_reading(struct relay_session *session)
{
    bool is_server_full = conn_waiting(&session->server) >= RELAY_WAITING_MAX_BYTES;
    bool is_client_full = conn_waiting(&session->client) >= RELAY_WAITING_MAX_BYTES;
    bool is_tunnel = session->is_tunnel;

    conn_read(&session->client, !is_server_full && (is_tunnel || wants(session, LEG_CLIENT)));
    conn_read(&session->server, is_tunnel ? !is_client_full : wants(session, LEG_SERVER));
}

void relay_pump(struct relay_session *session)
{
    bool moved = true;

    while (moved && session->ending == RELAY_RUNNING && !session->is_tunnel) {
        moved = relay_message_report_local(session);
        if (session->ending == RELAY_RUNNING)
            moved = relay_tls_pump(session) || moved;
        if (session->ending == RELAY_RUNNING)
            moved = take_client(session) || moved;
        if (session->ending == RELAY_RUNNING)
            moved = take_server(session) || moved;
        if (session->ending == RELAY_RUNNING)
            moved = relay_delivery_pump(session) || moved;
    }
    if (session->is_tunnel && session->ending == RELAY_RUNNING)
        move_tunnel(session);
    conn_flush(&session->client);
    conn_flush(&session->server);
    if (session->ending == RELAY_RUNNING)
        set_reading(session);
    else if (session->ending < RELAY_OVER)
        end_gracefully(session);
    if (session->ending < RELAY_OVER)
        relay_timers_set(session);
}
