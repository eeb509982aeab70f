#include "pop3/pop3_session_internal.h"

#include "base/buf.h"

#include <assert.h>
#include <stdlib.h>

static const char *const phase_names[] = {
#define X(phase) #phase,
    SESSION_PHASE_TABLE(X)
#undef X
};

void session_enter(struct session *session, enum session_phase phase)
{
    if (session->phase == phase)
        return;
    session->ops->entered(session->context, phase_names[session->phase], phase_names[phase]);
    session->phase = phase;
}

static struct session_entry *entry_at(struct session *session, unsigned place)
{
    return &session->queue[(session->first + place) % SESSION_QUEUE_MAX];
}

struct session_entry *session_front(struct session *session)
{
    assert(session->count > 0);
    return entry_at(session, 0);
}

struct session_entry *session_push(struct session *session, struct session_entry entry)
{
    struct session_entry *place;

    assert(session->count < SESSION_QUEUE_MAX);
    place = entry_at(session, session->count++);
    *place = entry;
    return place;
}

void session_send_line(struct session *session, struct span line)
{
    session->ops->send_client(session->context, line);
    session->ops->send_client(session->context, SPAN("\r\n"));
}

void session_send_err(struct session *session, enum err why)
{
    session->ops->send_client(session->context, SPAN("-ERR "));
    session_send_line(session, span_of(err_reply(why)));
}

void session_send_command(struct session *session, const struct pop3_command *command)
{
    char line[POP3_COMMAND_MAX];

    session->ops->send_server(session->context,
                              (struct span){line, pop3_command_write(command, line, sizeof line)});
}

void session_close(struct session *session, enum err why)
{
    if (session->phase == SESSION_CLOSED)
        return;
    session_message_forget(session);
    session_enter(session, SESSION_CLOSED);
    session->ops->close(session->context, why);
}

static bool may_be_undelivered(const struct session *session, uint32_t number)
{
    return session->undelivered.full || numbers_has(&session->undelivered, number);
}

/* DELE and QUIT at last: nothing before them is open any more. */
static void release_held(struct session *session)
{
    struct session_entry *entry = entry_at(session, session->count - 1u);
    struct pop3_command command = {
        .verb = entry->verb, .number = entry->number, .has_argument = entry->number > 0};

    session->held = false;
    if (entry->verb == POP3_DELE && may_be_undelivered(session, entry->number)) {
        entry->state = ENTRY_LOCAL;
        entry->err = ERR_MESSAGE_NOT_SEEN;
        return;
    }
    entry->state = ENTRY_SENT;
    session_send_command(session, &command);
}

static void take_front(struct session *session)
{
    struct session_entry *front = session_front(session);

    if (front->shape == POP3_MESSAGE && front->state == ENTRY_SENT)
        session->messages--;
    session->first = (uint8_t)((session->first + 1) % SESSION_QUEUE_MAX);
    session->count--;
}

static void close_if_over(struct session *session)
{
    if (session->quitting)
        session_close(session, ERR_CLIENT_QUIT);
    else if (session->client_ended)
        session_close(session, ERR_CLIENT_GONE);
    else if (session->stopping)
        session_close(session, ERR_STOPPING);
}

void session_advance(struct session *session)
{
    while (session->count > 0) {
        struct session_entry *front = session_front(session);

        if (session->held && session->messages == 0 && !session->resyncing)
            release_held(session);
        if (front->state != ENTRY_LOCAL) {
            if (front->state == ENTRY_SENT && session->phase == SESSION_IDLE)
                session_enter(session, SESSION_REPLY);
            return;
        }
        session_send_err(session, (enum err)front->err);
        take_front(session);
    }
    session_enter(session, SESSION_IDLE);
    close_if_over(session);
}

void session_finish(struct session *session)
{
    if (session->phase == SESSION_CLOSED)
        return;
    take_front(session);
    session_enter(session, SESSION_IDLE);
    if (session->lost)
        session_close(session, ERR_SERVER_NONSENSE);
    else
        session_advance(session);
}

static unsigned count_outstanding(struct session *session)
{
    unsigned n = 0;

    for (unsigned i = 0; i < session->count; i++)
        n += entry_at(session, i)->state == ENTRY_SENT;
    return n;
}

void session_resync(struct session *session)
{
    session->was_bare_end = true;
    session->lost = count_outstanding(session) > 1;
    if (session->lost)
        return;
    session->resyncing = session->keepalive_owed = true;
    session->ops->send_server(session->context, SPAN("NOOP\r\n"));
}

void session_init(struct session *session, const struct session_ops *ops, void *context,
                  const struct conf *conf)
{
    *session = (struct session){.ops = ops, .context = context, .conf = conf, .phase = SESSION_REPLY};
    session_push(session,
                 (struct session_entry){.verb = POP3_NOOP, .shape = POP3_SINGLE, .state = ENTRY_SENT});
}

void session_fini(struct session *session)
{
    free(session->verdict);
    free(session->undelivered.at);
    free(session->altered.at);
    free(session->headed.at);
    free(session->sizes.at);
    session_uids_fini(&session->uids);
    explicit_bzero(session->mechanism, sizeof session->mechanism);
    session->verdict = NULL;
    session->undelivered = session->altered = session->headed = (struct session_numbers){0};
    session->sizes = (struct session_sizes){0};
}

void session_timed_out(struct session *session)
{
    switch (session_waits(session)) {
    case SESSION_WAITS_SERVER: session_server_failed(session, ERR_SERVER_TIMEOUT); break;
    case SESSION_WAITS_US:
        if (session->phase == SESSION_SCANNING)
            session_verdict(session, &(struct verdict){.kind = VERDICT_FAILED});
        else
            session_store_failed(session);
        break;
    case SESSION_WAITS_CLIENT:
    case SESSION_WAITS_DELIVERY: session_close(session, ERR_CLIENT_IDLE); break;
    case SESSION_WAITS_NOTHING: break;
    }
}

void session_stop(struct session *session)
{
    session->stopping = true;
    if (!session->greeted)
        session_server_failed(session, ERR_STOPPING);
    else if (session->phase == SESSION_IDLE || session->phase == SESSION_SASL ||
             session->phase == SESSION_TUNNEL)
        session_close(session, ERR_STOPPING);
}

/* The reply to these decides how the client's next bytes are to be read. */
static bool decides_framing(const struct session_entry *entry)
{
    return entry->state == ENTRY_SENT && (entry->shape == POP3_SASL || entry->verb == POP3_STLS);
}

bool session_wants_client(const struct session *session)
{
    unsigned last = ((unsigned)session->first + session->count + SESSION_QUEUE_MAX - 1) % SESSION_QUEUE_MAX;

    if (session->phase == SESSION_CLOSED || session->phase == SESSION_TUNNEL || session->client_ended)
        return false;
    if (session->phase == SESSION_SASL)
        return true;
    if (session->resyncing || session->lost || !session->greeted || session->quitting || session->stopping ||
        session->held || session->count == SESSION_QUEUE_MAX ||
        (session->messages > 0 && !session->ends_well))
        return false;
    return session->count == 0 || !decides_framing(&session->queue[last]);
}

bool session_wants_server_end(const struct session *session)
{
    switch (session->phase) {
    case SESSION_IDLE:
    case SESSION_REPLY:
    case SESSION_LISTING:
    case SESSION_SASL:
    case SESSION_RECEIVING: return true;
    case SESSION_SCANNING:
    case SESSION_STORING:
    case SESSION_DELIVERING:
    case SESSION_TUNNEL:
    case SESSION_CLOSED: break;
    }
    return false;
}

/* A message that was received whole is in hand, and the server's leg idles. */
static bool is_server_idling(const struct session *session)
{
    return session->phase == SESSION_SCANNING || session->phase == SESSION_STORING ||
           session->phase == SESSION_DELIVERING;
}

bool session_wants_server(const struct session *session)
{
    return session_wants_server_end(session) ||
           (is_server_idling(session) && (session->keepalive_owed || session->was_bare_end));
}

bool session_may_keep_alive(const struct session *session)
{
    unsigned sent = session->count - (session->held ? 1u : 0u);

    return is_server_idling(session) && sent == 1 && !session->keepalive_owed;
}

void session_keep_alive(struct session *session)
{
    if (!session_may_keep_alive(session))
        return;
    session->keepalive_owed = true;
    session->ops->send_server(session->context, SPAN("NOOP\r\n"));
}

enum session_wait session_waits(const struct session *session)
{
    switch (session->phase) {
    case SESSION_IDLE: return session->resyncing ? SESSION_WAITS_SERVER : SESSION_WAITS_CLIENT;
    case SESSION_SASL:
    case SESSION_TUNNEL: return SESSION_WAITS_CLIENT;
    case SESSION_REPLY:
    case SESSION_LISTING:
    case SESSION_RECEIVING: return SESSION_WAITS_SERVER;
    case SESSION_SCANNING:
    case SESSION_STORING: return SESSION_WAITS_US;
    case SESSION_DELIVERING: return SESSION_WAITS_DELIVERY;
    case SESSION_CLOSED: break;
    }
    return SESSION_WAITS_NOTHING;
}

struct span session_uid(const struct session *session)
{
    return session_uids_get(&session->uids, session->queue[session->first].number);
}

const char *session_user(const struct session *session)
{
    return session->user;
}
