/* A session from accept to close: the events of its connections, of its timer and of relay.ready. After each
 * event, relay_session_proceed moves bytes. */

#include "proc/relay/relay_internal.h"

#include "net/conn_tls.h"
#include "net/origdst.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Closes both connections. relay.reap will free the session. */
static void end_session(struct relay_session *session)
{
    struct relay *relay = session->relay;

    session->ending = RELAY_DEAD;
    relay_log_end(session);
    relay_tls_note_end(session);
    relay_tls_free(session);
    relay_ready_remove(session);
    conn_fini(&session->client);
    conn_fini(&session->server);
    event_del(session->timers.event);
    if (session->previous)
        session->previous->next = session->next;
    else
        relay->sessions = session->next;
    if (session->next)
        session->next->previous = session->previous;
    session->next = relay->dead;
    relay->dead = session;
    event_active(relay->reap, 0, 0);
}

void relay_session_proceed(struct relay_session *session)
{
    session->has_reply = false;
    relay_pump(session);
    if (session->ending == RELAY_OVER)
        end_session(session);
}

static void on_readable(void *context, struct conn *conn)
{
    relay_session_proceed(context);
}

static void on_connected(void *context, struct conn *conn)
{
    struct relay_session *session = context;

    session->timers.is_wait_new = true;
    relay_tls_connected(session, conn);
    relay_session_proceed(session);
}

static void on_ended(void *context, struct conn *conn)
{
    struct relay_session *session = context;

    if (conn == &session->server && session->server_fault == ERR_NONE)
        session->server_fault = conn_tls_was_cut(conn) ? ERR_SERVER_TLS_CUT : ERR_SERVER_CLOSED;
    relay_session_proceed(session);
}

static void on_drained(void *context, struct conn *conn)
{
    relay_session_proceed(context);
}

static enum err connect_fault(const struct conn *conn, int error)
{
    if (!conn->connecting)
        return ERR_SERVER_GONE;
    return error == ECONNREFUSED ? ERR_SERVER_REFUSED
           : error == ETIMEDOUT  ? ERR_SERVER_TIMEOUT
                                 : ERR_SERVER_UNREACHABLE;
}

static void on_failed(void *context, struct conn *conn, int error)
{
    struct relay_session *session = context;

    if (session->ending != RELAY_RUNNING)
        session->ending = RELAY_OVER;
    else if (relay_tls_failed(session, conn, error))
        ;
    else if (conn == &session->client)
        session->protocol->lost(session->state, LEG_CLIENT, ERR_CLIENT_GONE);
    else if (session->is_tunnel)
        session->protocol->lost(session->state, LEG_SERVER, ERR_SERVER_GONE);
    else if (session->server_fault == ERR_NONE)
        session->server_fault = connect_fault(conn, error);
    session->connect_timed_out |= conn == &session->server && conn->connecting && error == ETIMEDOUT;
    relay_session_proceed(session);
}

static void on_arrived(void *context, struct conn *conn)
{
    struct relay_session *session = context;

    session->has_arrived = true;
    relay_ready_add(session);
}

static const struct conn_handlers client_handlers = {on_connected, on_readable, on_ended,
                                                     on_drained,   on_failed,   on_arrived};
static const struct conn_handlers server_handlers = {on_connected, on_readable, on_ended,
                                                     on_drained,   on_failed,   NULL};

static enum err begin_fault(int error)
{
    switch (error) {
    case ECONNREFUSED: return ERR_SERVER_REFUSED;
    case EMFILE:
    case ENFILE:
    case EADDRINUSE:
    case EADDRNOTAVAIL: return ERR_PROCESS_LIMIT; /* the last two: no free port */
    default: return ERR_SERVER_UNREACHABLE;
    }
}

static struct outgoing outgoing_of(const struct relay_session *session)
{
    const struct conf *conf = session->relay->conf;
    bool is_as_client = conf->upstream.source == SOURCE_CLIENT;

    return (struct outgoing){conf->upstream.mark, is_as_client ? &session->client_address.any : NULL};
}

/* Connects to the server, in place of an earlier connection. */
static void dial(struct relay_session *session)
{
    const union inet_address *server = &session->server_address;
    struct outgoing outgoing = outgoing_of(session);

    conn_fini(&session->server);
    session->server_fault = ERR_NONE;
    session->is_end_reported[LEG_SERVER] = false;
    if (!conn_init_connect(&session->server, session->relay->base, &server->any, address_size(server),
                           &outgoing, &server_handlers, session))
        session->server_fault = begin_fault(errno);
}

static void redial(struct relay_session *session)
{
    dial(session);
    if (session->server_fault == ERR_NONE)
        relay_tls_redialled(session);
    else
        session->protocol->lost(session->state, LEG_SERVER, session->server_fault);
}

/* If the client has sent bytes, reads them. The session may be RELAY_DEAD afterwards. */
static void receive_client(struct relay_session *session)
{
    if (!session->has_arrived)
        return;
    session->has_arrived = false;
    conn_receive(&session->client);
}

void relay_session_serve_ready(evutil_socket_t fd, short what, void *context)
{
    struct relay *relay = context;
    struct relay_session *session;

    while ((session = TAILQ_FIRST(&relay->ready))) {
        relay_ready_remove(session);
        receive_client(session);
        if (session->ending == RELAY_RUNNING && relay_tls_wants_redial(session))
            redial(session);
        if (session->has_reply && session->ending != RELAY_DEAD)
            relay_session_proceed(session);
    }
}

/* Scan has not answered within the limit for its queue and the scan itself. */
static void give_up_waiting(struct held_message *message)
{
    struct relay_session *session = message->session;
    struct verdict busy = {0};

    verdict_set_busy(&busy);
    session->protocol->scanned(session->state, message, &busy);
}

static void time_out(struct relay_session *session)
{
    struct held_message *message = NULL;

    if (session->ending != RELAY_RUNNING) {
        session->ending = RELAY_OVER;
        return;
    }
    if (relay_tls_timed_out(session))
        return;
    session->connect_timed_out = session->server.connecting;
    if (session->protocol->awaited(session->state) == PROTOCOL_AWAITS_VERDICT)
        message = relay_timers_in_scan(session);
    if (session->is_tunnel)
        session->protocol->expired(session->state, ERR_CLIENT_IDLE);
    else if (message)
        give_up_waiting(message);
    else
        session->protocol->timed_out(session->state);
}

/* Reads the client's bytes first, because bytes that have already arrived are in time. */
void relay_session_timer(evutil_socket_t fd, short what, void *context)
{
    struct relay_session *session = context;

    receive_client(session);
    if (session->ending == RELAY_DEAD)
        return;
    if (relay_timers_report(session))
        time_out(session);
    relay_session_proceed(session);
}

static void refuse(struct relay *relay, const struct protocol *protocol, int fd,
                   const union inet_address *client, const union inet_address *server, enum err why)
{
    struct buf text = {0};

    relay_log_refused(relay, client, server, why);
    protocol->refuse(why, &text);
    if (send(fd, text.p, text.n, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)text.n)
        shutdown(fd, SHUT_WR);
    close(fd);
    buf_fini(&text);
}

static struct relay_session *new_session(struct relay *relay, const struct protocol *protocol,
                                         const union inet_address *client, const union inet_address *server)
{
    struct relay_session *session = mem_alloc_zero(sizeof *session + protocol->size);

    session->relay = relay;
    session->protocol = protocol;
    session->listener = conf_listener_of(relay->conf, protocol->id);
    TAILQ_INIT(&session->messages);
    session->client_address = *client;
    session->server_address = *server;
    session->client.fd = session->server.fd = -1;
    session->begun_ms = relay_now_ms();
    session->timers.is_wait_new = true;
    session->timers.event = evtimer_new(relay->base, relay_session_timer, session);
    snprintf(session->id, sizeof session->id, "%u-%08x-%" PRIu64, relay->start->index, relay->seed,
             ++relay->sessions_seen);
    protocol->init(session->state, &relay_ops, session, relay->conf);
    session->next = relay->sessions;
    if (session->next)
        session->next->previous = session;
    relay->sessions = session;
    relay->session_count++;
    return session;
}

static void begin_session(struct relay *relay, const struct protocol *protocol, int fd,
                          struct relay_seat *seat, const union inet_address *client,
                          const union inet_address *server)
{
    struct relay_session *session = new_session(relay, protocol, client, server);

    session->seat = seat;
    session_stats_count(relay->start->stats, protocol->id, SESSION_STATS_SESSIONS);
    relay_log_begin(session);
    conn_init(&session->client, relay->base, fd, &client_handlers, session);
    dial(session);
    if (conf_is_tls_port(relay->conf, protocol->id, address_port(server)))
        relay_tls_begin(session);
    relay_session_proceed(session);
}

void relay_session_accept(struct relay *relay, enum protocol_id id, int fd, const union inet_address *client)
{
    const struct protocol *protocol = relay_protocols[id];
    union inet_address server = {0};
    enum err why = origdst_find(relay->conf, id, fd, &server);
    struct relay_seat *seat = NULL;

    if (why == ERR_NONE && fd >= relay->clients_end)
        why = ERR_PROCESS_LIMIT;
    if (why == ERR_NONE)
        seat = relay_seat_take(relay, id, client, &why);
    if (seat)
        begin_session(relay, protocol, fd, seat, client, &server);
    else
        refuse(relay, protocol, fd, client, &server, why);
}

void relay_session_stop(struct relay_session *session)
{
    if (session->ending != RELAY_RUNNING)
        return;
    session->protocol->stopping(session->state);
    relay_session_proceed(session);
}

void relay_session_free(struct relay_session *session)
{
    struct relay *relay = session->relay;

    session->protocol->fini(session->state);
    while (!TAILQ_EMPTY(&session->messages))
        relay_message_forget(TAILQ_FIRST(&session->messages));
    relay_seat_leave(&session->seat);
    event_free(session->timers.event);
    free(session);
    relay->session_count--;
}
