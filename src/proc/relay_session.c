/* A session's two legs. Whatever happens on the event loop is told to the core, then `pump` moves what can be moved: bytes
 * into the core, a held message to the client, and at the end what was said onto the wire. */

#include "proc/relay_internal.h"

#include "net/origdst.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    DELIVER_CHUNK_BYTES = 65536,
    WAITING_MAX_BYTES = 262144, /* to be written on a leg before the other is read no further */
    LINGER_MS = 2000,
    FLUSH_MS = 30000,
    ENGINE_SLACK_MS = 30000, /* scan answers at twice its deadline at the latest */
    STORE_MS = 60000,
};

static void pump(struct relay_session *session);

/* --- what the core commands ------------------------------------------------------------------------- */

static void send_client(void *context, struct span bytes)
{
    struct relay_session *session = context;

    conn_write(&session->client, bytes);
}

static void send_server(void *context, struct span bytes)
{
    struct relay_session *session = context;

    conn_write(&session->server, bytes);
}

static void receive(void *context, enum session_receive mode)
{
    struct relay_session *session = context;

    if (mode != SESSION_RECEIVE_NOTHING) {
        session->message_begun_ms = relay_now_ms();
        session->messages++;
    }
    wire_receive(&session->wire, mode);
}

static void scan(void *context)
{
    struct relay_session *session = context;

    if (!relay_request(session, IPC_SCAN))
        session->due = ERR_ENGINE_FAILED;
}

static void describe(struct relay_session *session, const struct verdict *verdict)
{
    struct incident *incident = &session->incident->incident;

    incident->verdict = *verdict;
    snprintf(incident->protocol, sizeof incident->protocol, "POP3");
    snprintf(incident->user, sizeof incident->user, "%s", session_user(&session->session));
    snprintf(incident->session, sizeof incident->session, "%s", session->id);
    address_format(&session->client_address.any, incident->client);
    address_format(&session->server_address.any, incident->server);
    incident->size = session->spool.octets;
    incident->received_s = time(NULL);
}

/* First a reader takes the facts out of its header, then the keeper stores it. */
static void store(void *context, const struct verdict *verdict, bool destroy)
{
    struct relay_session *session = context;

    session->incident = mem_alloc_zero(sizeof *session->incident);
    session->incident->destroy = destroy;
    describe(session, verdict);
    if (!relay_request(session, IPC_READ))
        session->due = ERR_STORE_FAILED;
}

static void emit(void *context, struct span bytes)
{
    struct relay_session *session = context;

    conn_write(&session->client, bytes);
}

static void deliver(void *context, enum session_source source, struct span lead, uint32_t body_lines)
{
    struct relay_session *session = context;

    session->delivering = true;
    session->delivery_emitted = false;
    session->source = source;
    session->offset = 0;
    delivery_init(&session->delivery, body_lines, emit, session);
    delivery_content(&session->delivery, lead);
}

static void forget(void *context)
{
    struct relay_session *session = context;

    relay_request_abandon(session);
    spool_fini(&session->spool);
    buf_fini(&session->notice);
    free(session->incident);
    session->incident = NULL;
    session->delivering = false;
}

static void begin_tunnel(void *context)
{
    struct relay_session *session = context;

    session->tunnel = true;
    relay_log_tunnel(session);
}

static void end(void *context, enum err why)
{
    struct relay_session *session = context;

    session->why = why;
    session->ending = RELAY_FLUSHING;
}

static void tell_outcome(void *context, const struct session_outcome *outcome)
{
    struct relay_session *session = context;

    if (outcome->fate == SESSION_REPLACED)
        session->replaced++;
    if (outcome->fate != SESSION_REFUSED)
        session->octets += session->session.received.octets;
    relay_log_message(session, outcome);
}

static void tell_refused(void *context, struct span verb, enum err why)
{
    relay_log_command(context, verb, why);
}

static void tell_entered(void *context, const char *from, const char *to)
{
    struct relay_session *session = context;
    struct log_line line;

    log_begin(&line, LOG_LEVEL_DEBUG, "phase");
    if (!line.on)
        return;
    log_string(&line, "session", session->id);
    log_string(&line, "from", from);
    log_string(&line, "to", to);
    log_end(&line);
}

static const struct session_ops ops = {
    send_client, send_server,  receive, scan,         store,        deliver,
    forget,      begin_tunnel, end,     tell_outcome, tell_refused, tell_entered,
};

static bool write_spool(void *context, struct span run, enum err *why)
{
    struct relay_session *session = context;

    if (session->spool.octets + run.n > session->relay->conf->pop3.message_max_bytes) {
        *why = ERR_MESSAGE_TOO_LARGE;
        return false;
    }
    if (spool_write(&session->spool, &session->relay->spool, run))
        return true;
    log_text(LOG_LEVEL_ERROR, "spool", "%s: %s", session->relay->spool.directory, strerror(errno));
    *why = ERR_SPOOL_FAILED;
    return false;
}

/* --- answers ---------------------------------------------------------------------------------------- */

void relay_session_verdict(struct relay_session *session, const struct verdict *verdict)
{
    session_verdict(&session->session, verdict);
    pump(session);
}

void relay_session_facts(struct relay_session *session, const struct ipc_facts *facts)
{
    if (facts->ok) {
        session->incident->incident.facts = facts->facts;
        session->incident->kept = facts->kept;
        facts_clean(&session->incident->incident.facts);
        if (!kept_header_clean(&session->incident->kept))
            session->incident->kept = (struct kept_header){0};
    }
    if (!relay_request(session, IPC_STORE))
        session->due = ERR_STORE_FAILED;
    pump(session);
}

void relay_session_stored(struct relay_session *session, const struct ipc_stored *stored)
{
    struct incident *incident = &session->incident->incident;

    if (!stored->ok) {
        session_store_failed(&session->session);
        pump(session);
        return;
    }
    memcpy(incident->id, stored->incident, sizeof incident->id);
    memcpy(incident->file, stored->file, sizeof incident->file);
    incident_clean(incident);
    relay_log_incident(session);
    notice_render(session->relay->start->notice, incident, &session->incident->kept, &session->notice);
    session_stored(&session->session, session->notice.n);
    pump(session);
}

/* --- moving ------------------------------------------------------------------------------------------ */

static bool tell_due(struct relay_session *session)
{
    enum err due = session->due;

    session->due = ERR_NONE;
    if (due == ERR_NONE || session->ending != RELAY_RUNNING)
        return false;
    if (due == ERR_ENGINE_FAILED)
        session_verdict(&session->session, &(struct verdict){.kind = VERDICT_FAILED});
    else
        session_store_failed(&session->session);
    return true;
}

static bool take_client(struct relay_session *session)
{
    size_t taken = wire_client_bytes(&session->wire, conn_input(&session->client));

    conn_take(&session->client, taken);
    if (session->client.at_end && !session->client_end_told && session->ending == RELAY_RUNNING)
        session->client_end_told = wire_client_end(&session->wire, conn_input(&session->client));
    return taken > 0;
}

static bool take_server(struct relay_session *session)
{
    size_t taken = wire_server_bytes(&session->wire, conn_input(&session->server));

    conn_take(&session->server, taken);
    if (session->server_fault != ERR_NONE && session->ending == RELAY_RUNNING)
        wire_server_end(&session->wire, conn_input(&session->server), session->server_fault);
    return taken > 0;
}

/* The next piece of what is delivered; empty at its end. False: it cannot be read. */
static bool read_content(struct relay_session *session, char *chunk, struct span *piece)
{
    uint64_t left = session->session.received.octets - session->offset;
    ssize_t n;

    if (session->source == SESSION_NOTICE) {
        *piece = session->offset ? (struct span){"", 0} : buf_span(&session->notice);
        return true;
    }
    n = spool_read(&session->spool, session->offset, chunk, left < DELIVER_CHUNK_BYTES ? (size_t)left : DELIVER_CHUNK_BYTES);
    *piece = (struct span){chunk, n > 0 ? (size_t)n : 0};
    return n > 0 || (n == 0 && left == 0);
}

static void emit_content(struct relay_session *session)
{
    static char chunk[DELIVER_CHUNK_BYTES];
    struct span piece;

    while (!session->delivery_emitted && conn_waiting(&session->client) < WAITING_MAX_BYTES) {
        if (!read_content(session, chunk, &piece)) {
            session_server_failed(&session->session, ERR_SPOOL_FAILED);
            return;
        }
        session->offset += piece.n;
        if (piece.n == 0 || !delivery_content(&session->delivery, piece)) {
            delivery_end(&session->delivery);
            session->delivery_emitted = true;
        }
        conn_flush(&session->client);
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
    session_delivered(&session->session);
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
    if (session->client.at_end && session->server.at_end && conn_waiting(&session->client) == 0)
        session_client_gone(&session->session);
}

static void bury(struct relay_session *session)
{
    struct relay *relay = session->relay;

    if (session->ending == RELAY_DEAD)
        return;
    session->ending = RELAY_DEAD;
    relay_log_end(session);
    conn_fini(&session->client);
    conn_fini(&session->server);
    event_del(session->timer);
    if (session->previous)
        session->previous->next = session->next;
    else
        relay->sessions = session->next;
    if (session->next)
        session->next->previous = session->previous;
    session->next = relay->dead;
    relay->dead = session;
    event_active(relay->bury, 0, 0);
}

/* The session is over: let what was said leave, shut our end, and wait a little for the client's. */
static void move_ending(struct relay_session *session)
{
    conn_fini(&session->server);
    conn_flush(&session->client);
    if (!conn_is_open(&session->client)) {
        bury(session);
        return;
    }
    if (session->ending == RELAY_FLUSHING && conn_waiting(&session->client) == 0) {
        conn_shutdown_write(&session->client);
        session->ending = RELAY_LINGERING;
    }
    if (session->ending == RELAY_LINGERING && session->client.at_end) {
        bury(session);
        return;
    }
    conn_take(&session->client, conn_input(&session->client).n);
    conn_read(&session->client, true);
}

static uint64_t patience_ms(const struct relay_session *session)
{
    const struct conf *conf = session->relay->conf;

    if (session->ending == RELAY_FLUSHING)
        return FLUSH_MS;
    if (session->ending == RELAY_LINGERING)
        return LINGER_MS;
    if (session->server.connecting)
        return conf->pop3.connect_timeout_ms;
    switch (session_waits(&session->session)) {
    case SESSION_WAITS_SERVER: return conf->pop3.server_timeout_ms;
    case SESSION_WAITS_CLIENT:
    case SESSION_WAITS_DELIVERY: return conf->pop3.idle_ms;
    case SESSION_WAITS_US:
        return session->session.phase == SESSION_SCANNING ? conf->scan.deadline_ms * 2 + ENGINE_SLACK_MS : STORE_MS;
    case SESSION_WAITS_NOTHING: break;
    }
    return 0;
}

static void set_timer(struct relay_session *session, uint64_t ms)
{
    struct timeval in = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000) * 1000};

    event_add(session->timer, &in);
}

/* A timer that is set already is left to fire early and look again: most sessions move on long before. */
static void await(struct relay_session *session)
{
    uint64_t patience = patience_ms(session);
    uint64_t now = relay_now_ms();
    uint64_t before = session->deadline_ms;

    if (session->ending != RELAY_RUNNING && before && before < now + patience)
        return; /* whatever a peer still sends, the end is not put off */
    session->deadline_ms = patience ? now + patience : 0;
    if (patience && (!before || session->deadline_ms < before || !evtimer_pending(session->timer, NULL)))
        set_timer(session, patience);
}

static void choose_reading(struct relay_session *session)
{
    bool client = session->tunnel || session_wants_client(&session->session);
    bool server = session->tunnel || session_wants_server(&session->session);

    conn_read(&session->client, client && conn_waiting(&session->server) < WAITING_MAX_BYTES);
    conn_read(&session->server, server && conn_waiting(&session->client) < WAITING_MAX_BYTES);
}

static void pump(struct relay_session *session)
{
    bool moved = true;

    while (moved && session->ending == RELAY_RUNNING && !session->tunnel) {
        moved = tell_due(session);
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
        await(session);
}

/* --- events ------------------------------------------------------------------------------------------ */

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct relay_session *session = context;
    uint64_t now = relay_now_ms();

    if (session->deadline_ms == 0)
        return;
    if (now < session->deadline_ms) {
        set_timer(session, session->deadline_ms - now);
        return;
    }
    session->deadline_ms = 0;
    if (session->ending != RELAY_RUNNING) {
        bury(session);
        return;
    }
    session_timed_out(&session->session);
    pump(session);
}

static void on_readable(void *context, struct conn *conn)
{
    pump(context);
}

static void on_connected(void *context, struct conn *conn)
{
    pump(context);
}

static void on_ended(void *context, struct conn *conn)
{
    struct relay_session *session = context;

    if (conn == &session->server && session->server_fault == ERR_NONE)
        session->server_fault = ERR_SERVER_CLOSED;
    pump(session);
}

static void on_drained(void *context, struct conn *conn)
{
    pump(context);
}

static enum err connect_fault(const struct conn *conn, int error)
{
    if (!conn->connecting)
        return ERR_SERVER_GONE;
    return error == ECONNREFUSED ? ERR_SERVER_REFUSED : error == ETIMEDOUT ? ERR_SERVER_TIMEOUT : ERR_SERVER_UNREACHABLE;
}

static void on_failed(void *context, struct conn *conn, int error)
{
    struct relay_session *session = context;

    if (session->ending != RELAY_RUNNING) {
        bury(session);
        return;
    }
    if (conn == &session->client)
        session_client_gone(&session->session);
    else if (session->tunnel)
        session_server_failed(&session->session, ERR_SERVER_GONE);
    else if (session->server_fault == ERR_NONE)
        session->server_fault = connect_fault(conn, error);
    pump(session);
}

static const struct conn_handlers handlers = {on_connected, on_readable, on_ended, on_drained, on_failed};

/* --- begin and end ------------------------------------------------------------------------------------ */

static void refuse(struct relay *relay, int fd, const union conf_address *client, const union conf_address *server, enum err why)
{
    char text[128];
    int n = snprintf(text, sizeof text, "-ERR %s\r\n", err_reply(why));

    relay_log_refused(relay, client, server, why);
    if (send(fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) == n)
        shutdown(fd, SHUT_WR);
    close(fd);
}

static struct relay_session *make(struct relay *relay, const union conf_address *client, const union conf_address *server)
{
    struct relay_session *session = mem_alloc_zero(sizeof *session);

    session->relay = relay;
    session->client_address = *client;
    session->server_address = *server;
    session->client.fd = session->server.fd = -1;
    session->spool = SPOOL_EMPTY;
    session->begun_ms = relay_now_ms();
    session->timer = evtimer_new(relay->base, on_timer, session);
    snprintf(session->id, sizeof session->id, "%u-%08x-%" PRIu64, relay->start->index, relay->seed, ++relay->sessions_seen);
    session_init(&session->session, &ops, session, relay->conf);
    wire_init(&session->wire, &session->session, (struct wire_spool){write_spool, session});
    session->next = relay->sessions;
    if (session->next)
        session->next->previous = session;
    relay->sessions = session;
    relay->session_count++;
    return session;
}

static void begin(struct relay *relay, int fd, const union conf_address *client, const union conf_address *server)
{
    struct relay_session *session = make(relay, client, server);

    relay_log_begin(session);
    conn_init(&session->client, relay->base, fd, &handlers, session);
    if (!conn_init_connect(&session->server, relay->base, &server->any, address_size(server), &handlers, session))
        session->server_fault = errno == ECONNREFUSED ? ERR_SERVER_REFUSED
                                : errno == EMFILE || errno == ENFILE ? ERR_PROCESS_LIMIT
                                                                     : ERR_SERVER_UNREACHABLE;
    pump(session);
}

void relay_session_accept(struct relay *relay, int fd, const union conf_address *client)
{
    const struct conf *conf = relay->conf;
    union conf_address server = {0};
    enum err why = origdst_find(conf, fd, &server);

    if (why == ERR_NONE)
        why = census_enter(relay->start->census, relay->start->index, &client->any, conf->pop3.max_sessions,
                           conf->pop3.max_sessions_per_client);
    if (why == ERR_NONE)
        begin(relay, fd, client, &server);
    else
        refuse(relay, fd, client, &server, why);
}

void relay_session_stop(struct relay_session *session)
{
    if (session->ending != RELAY_RUNNING)
        return;
    session_stop(&session->session);
    pump(session);
}

void relay_session_free(struct relay_session *session)
{
    struct relay *relay = session->relay;

    census_leave(relay->start->census, relay->start->index, &session->client_address.any);
    forget(session);
    session_fini(&session->session);
    event_free(session->timer);
    free(session);
    relay->session_count--;
}
