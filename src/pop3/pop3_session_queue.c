/* The queue of commands, and what happens when the command in front has its reply. */

#include "pop3/pop3_session_internal.h"

#include "base/buf.h"
#include "pop3/pop3_replies.h"

#include <assert.h>
#include <stdlib.h>

static const char *const phase_names[] = {
#define X(phase) #phase,
    POP3_SESSION_PHASE_TABLE(X)
#undef X
};

void pop3_session_enter(struct pop3_session *session, enum pop3_session_phase phase)
{
    if (session->phase == phase)
        return;
    session->ops->entered(session->shell, phase_names[session->phase], phase_names[phase]);
    session->phase = phase;
}

static struct pop3_session_entry *entry_at(struct pop3_session *session, unsigned position)
{
    return &session->queue[(session->first + position) % POP3_SESSION_QUEUE_MAX];
}

struct pop3_session_entry *pop3_session_front(struct pop3_session *session)
{
    assert(session->count > 0);
    return entry_at(session, 0);
}

void pop3_session_push(struct pop3_session *session, struct pop3_session_entry entry)
{
    assert(session->count < POP3_SESSION_QUEUE_MAX);
    *entry_at(session, session->count++) = entry;
}

void pop3_session_send_line(struct pop3_session *session, struct span line)
{
    session->ops->send(session->shell, LEG_CLIENT, line);
    session->ops->send(session->shell, LEG_CLIENT, SPAN("\r\n"));
}

void pop3_session_send_err(struct pop3_session *session, enum err why)
{
    session->ops->send(session->shell, LEG_CLIENT, SPAN("-ERR "));
    pop3_session_send_line(session, pop3_replies_text(why));
}

void pop3_session_send_command(struct pop3_session *session, const struct pop3_command *command)
{
    char line[POP3_COMMAND_MAX];

    session->ops->send(session->shell, LEG_SERVER,
                       (struct span){line, pop3_command_write(command, line, sizeof line)});
}

void pop3_session_forget(struct pop3_session *session)
{
    free(session->verdict);
    session->verdict = NULL;
    if (session->message)
        session->ops->forget(session->message);
    session->message = NULL;
}

void pop3_session_close(struct pop3_session *session, enum err why)
{
    if (session->phase == SESSION_CLOSED)
        return;
    pop3_session_forget(session);
    pop3_session_enter(session, SESSION_CLOSED);
    session->ops->close(session->shell, why);
}

void pop3_session_dismiss(struct pop3_session *session, enum err why)
{
    if (session->phase == SESSION_IDLE || session->phase == SESSION_REPLY || session->phase == SESSION_SASL ||
        pop3_session_owes_stls(session))
        pop3_session_send_err(session, why);
    pop3_session_close(session, why);
}

static bool may_be_undelivered(const struct pop3_session *session, uint32_t number)
{
    return session->undelivered.is_overfull || pop3_session_numbers_has(&session->undelivered, number);
}

/* Sends the held DELE or QUIT, because all earlier messages have an outcome now. A DELE of a message that may
 * be undelivered becomes a local error. */
static void send_held(struct pop3_session *session)
{
    struct pop3_session_entry *entry = entry_at(session, session->count - 1u);
    struct pop3_command command = {
        .verb = entry->verb, .number = entry->number, .has_argument = entry->number > 0};

    session->held = false;
    if (entry->verb == POP3_DELE && may_be_undelivered(session, entry->number)) {
        entry->state = ENTRY_LOCAL;
        entry->err = ERR_MESSAGE_NOT_SEEN;
        return;
    }
    entry->state = ENTRY_SENT;
    pop3_session_send_command(session, &command);
}

static void remove_front(struct pop3_session *session)
{
    struct pop3_session_entry *front = pop3_session_front(session);

    if (front->shape == POP3_MESSAGE && front->state == ENTRY_SENT)
        session->messages--;
    session->first = (uint8_t)((session->first + 1) % POP3_SESSION_QUEUE_MAX);
    session->count--;
}

static void close_if_over(struct pop3_session *session)
{
    if (session->quitting)
        pop3_session_close(session, ERR_CLIENT_QUIT);
    else if (session->client_ended)
        pop3_session_close(session, ERR_CLIENT_GONE);
    else if (session->stopping)
        pop3_session_close(session, ERR_STOPPING);
}

void pop3_session_advance(struct pop3_session *session)
{
    while (session->count > 0) {
        struct pop3_session_entry *front = pop3_session_front(session);

        if (session->held && session->messages == 0 && !session->resyncing)
            send_held(session);
        if (front->state != ENTRY_LOCAL) {
            if (front->state == ENTRY_SENT && session->phase == SESSION_IDLE)
                pop3_session_enter(session, SESSION_REPLY);
            return;
        }
        pop3_session_send_err(session, (enum err)front->err);
        remove_front(session);
    }
    pop3_session_enter(session, SESSION_IDLE);
    close_if_over(session);
}

void pop3_session_finish(struct pop3_session *session)
{
    if (session->phase == SESSION_CLOSED)
        return;
    remove_front(session);
    pop3_session_enter(session, SESSION_IDLE);
    if (session->sync_lost)
        pop3_session_close(session, ERR_SERVER_MALFORMED);
    else
        pop3_session_advance(session);
}

static unsigned count_outstanding(struct pop3_session *session)
{
    unsigned n = 0;

    for (unsigned i = 0; i < session->count; i++)
        n += entry_at(session, i)->state == ENTRY_SENT;
    return n;
}

void pop3_session_resync(struct pop3_session *session)
{
    session->was_bare_end = true;
    session->sync_lost = count_outstanding(session) > 1;
    if (session->sync_lost)
        return;
    session->resyncing = session->noop_outstanding = true;
    session->ops->send(session->shell, LEG_SERVER, SPAN("NOOP\r\n"));
}
