/* Handles one message: reception, scan, and the action that the policy requires. */

#include "pop3/pop3_session_internal.h"

#include "base/buf.h"
#include "base/number.h"
#include "core/policy.h"
#include "pop3/pop3_text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void pop3_session_message_begin(struct pop3_session *session)
{
    bool head = pop3_session_is_head(pop3_session_front(session));

    session->fault = ERR_NONE;
    session->ok_sent = false;
    session->received = (struct pop3_session_received){0};
    pop3_session_enter(session, SESSION_RECEIVING);
    session->message = session->ops->begin(session->shell, LEG_SERVER);
    session->hooks.receive(session->hooks.context,
                           head ? POP3_SESSION_RECEIVE_HEAD : POP3_SESSION_RECEIVE_MESSAGE);
}

static void report_outcome(struct pop3_session *session, enum protocol_fate fate, enum err why)
{
    const struct pop3_session_entry *front = pop3_session_front(session);
    struct protocol_outcome outcome = {
        .command = pop3_verb_name((enum pop3_verb)front->verb),
        .number = front->number,
        .fate = fate,
        .octets = session->received.octets,
        .why = why,
        .verdict = session->verdict,
    };

    session->ops->outcome(session->message, &outcome);
}

/* Returns whether a retry may help. If so, the message must not be deleted. */
static bool is_temporary(enum err why)
{
    return err_kind(why) != ERR_PERMANENT;
}

void pop3_session_message_refuse(struct pop3_session *session, enum err why)
{
    const struct pop3_session_entry *front = pop3_session_front(session);

    if (is_temporary(why) && !pop3_session_is_head(front))
        pop3_session_numbers_add(&session->undelivered, front->number);
    report_outcome(session, PROTOCOL_REFUSED, why);
    if (session->ok_sent) {
        pop3_session_close(session, why);
        return;
    }
    pop3_session_send_err(session, why);
    pop3_session_forget(session);
}

static void refuse_and_finish(struct pop3_session *session, enum err why)
{
    pop3_session_message_refuse(session, why);
    pop3_session_finish(session);
}

static void send_status(struct pop3_session *session, uint64_t octets)
{
    char digits[NUMBER_DIGITS_MAX];

    if (session->ok_sent)
        return;
    if (pop3_session_front(session)->verb != POP3_RETR) {
        pop3_session_send_line(session, SPAN("+OK top of message follows"));
        return;
    }
    session->ops->send(session->shell, LEG_CLIENT, SPAN("+OK "));
    session->ops->send(session->shell, LEG_CLIENT, (struct span){digits, number_write(octets, digits)});
    pop3_session_send_line(session, SPAN(" octets"));
}

static void deliver(struct pop3_session *session, enum protocol_source source, uint64_t octets,
                    struct span lead)
{
    const struct pop3_session_entry *front = pop3_session_front(session);

    send_status(session, octets + lead.n);
    pop3_session_enter(session, SESSION_DELIVERING);
    /* The reply to a relayed TOP n 0 needs no cut: pop3_head has already cut it. */
    session->hooks.deliver(session->hooks.context, source, octets, lead,
                           front->verb == POP3_TOP && !pop3_session_is_head(front) ? front->lines
                                                                                   : POP3_SESSION_ALL_LINES);
}

/* After the early +OK, -ERR is impossible. Then a failure closes the session. */
void pop3_session_waited(struct pop3_session *session, uint64_t seconds, bool starts_with_field)
{
    char line[64];

    if (!pop3_session_may_send_interim(session))
        return;
    if (!session->ok_sent) {
        session->ok_sent = true;
        pop3_session_send_line(session, SPAN("+OK message follows"));
    } else if (starts_with_field) {
        snprintf(line, sizeof line, "X-Postern-Wait: %" PRIu64 " s", seconds);
        pop3_session_send_line(session, span_of(line));
    }
}

uint64_t pop3_session_dots_end(const struct pop3_session *session, enum protocol_source source,
                               struct span lead)
{
    return source == PROTOCOL_NOTICE ? POP3_DOTS_ANYWHERE : lead.n + session->received.dots_end;
}

static void deliver_marked(struct pop3_session *session)
{
    const struct verdict *verdict = session->verdict;
    const char *why = verdict->kind == VERDICT_FAILED
                          ? "failed"
                          : verdict_unscannable_name((enum unscannable)verdict->reason);
    char lead[64] = "";

    if (session->received.starts_with_field)
        snprintf(lead, sizeof lead, "X-Postern: not scanned (%s)\r\n", why);
    session->fate = PROTOCOL_MARKED;
    deliver(session, PROTOCOL_ORIGINAL, session->received.octets, span_of(lead));
}

static void deliver_clean(struct pop3_session *session)
{
    session->fate = PROTOCOL_DELIVERED;
    deliver(session, PROTOCOL_ORIGINAL, session->received.octets, (struct span){0});
}

void pop3_session_message_fault(struct pop3_session *session, enum err why)
{
    assert(session->phase == SESSION_RECEIVING);
    if (session->ok_sent) {
        pop3_session_message_refuse(session, why);
        return;
    }
    session->fault = why;
    session->ops->drop(session->message);
    session->hooks.receive(session->hooks.context, POP3_SESSION_RECEIVE_NOTHING);
}

void pop3_session_message_ended(struct pop3_session *session, const struct pop3_session_received *received)
{
    const struct pop3_session_entry *front = pop3_session_front(session);
    enum err why = ERR_SPOOL_FAILED;

    assert(session->phase == SESSION_RECEIVING);
    session->received = *received;
    session->ends_well = !received->bare_end;
    if (received->bare_end)
        pop3_session_resync(session);
    if (session->fault != ERR_NONE) {
        refuse_and_finish(session, session->fault);
    } else if (pop3_session_is_head(front)) {
        deliver_clean(session);
    } else if (session->ops->scan(session->message, &why)) {
        pop3_session_enter(session, SESSION_SCANNING);
    } else {
        refuse_and_finish(session, why);
    }
}

/* Returns whether the client has received the original header. If the set is overfull, true is the safe
 * answer: a notice that fits the original's header does no harm to a client without that header. */
static bool is_header_known(const struct pop3_session *session)
{
    return session->header_sent.is_overfull ||
           pop3_session_numbers_has(&session->header_sent, session->queue[session->first].number);
}

static void store(struct pop3_session *session, bool destroy)
{
    struct protocol_incident incident = {
        .verdict = session->verdict,
        .destroy = destroy,
        .undeliverable = session->received.bare_dot,
        .is_header_known = is_header_known(session),
        .user = session->user,
        .unique_id = pop3_session_uids_get(&session->uids, pop3_session_front(session)->number),
    };

    pop3_session_enter(session, SESSION_STORING);
    session->ops->store(session->message, &incident);
}

void pop3_session_verdict(struct pop3_session *session, const struct verdict *verdict)
{
    enum action action;

    assert(session->phase == SESSION_SCANNING);
    session->verdict = mem_alloc_zero(sizeof *session->verdict);
    *session->verdict = *verdict;
    if (session->received.bare_end)
        policy_note_bare_end(session->verdict);
    action = policy_decide(session->conf, session->verdict, session->received.bare_dot);
    switch (action) {
    case ACTION_DELIVER:
        if (session->verdict->kind == VERDICT_CLEAN)
            deliver_clean(session);
        else
            deliver_marked(session);
        break;
    case ACTION_QUARANTINE:
    case ACTION_DELETE: store(session, action == ACTION_DELETE); break;
    case ACTION_REFUSE: refuse_and_finish(session, policy_refusal(session->verdict)); break;
    }
}

void pop3_session_stored(struct pop3_session *session, uint64_t notice_octets)
{
    assert(session->phase == SESSION_STORING);
    session->fate = PROTOCOL_REPLACED;
    deliver(session, PROTOCOL_NOTICE, notice_octets, (struct span){0});
}

/* Delivers the original without a mark, so that its signatures remain valid. A message with a bare-LF dot
 * line must never be delivered unmodified. It is refused and stays on the server. */
void pop3_session_released(struct pop3_session *session)
{
    assert(session->phase == SESSION_STORING);
    if (session->received.bare_dot) {
        refuse_and_finish(session, ERR_STORE_FAILED);
        return;
    }
    session->fate = PROTOCOL_RELEASED;
    deliver(session, PROTOCOL_ORIGINAL, session->received.octets, (struct span){0});
}

void pop3_session_store_failed(struct pop3_session *session)
{
    assert(session->phase == SESSION_STORING);
    refuse_and_finish(session, ERR_STORE_FAILED);
}

/* Records which form of the message the client has received. */
static void note_delivered(struct pop3_session *session)
{
    const struct pop3_session_entry *front = pop3_session_front(session);

    if (pop3_session_is_head(front)) {
        pop3_session_numbers_add(&session->header_sent, front->number);
        return;
    }
    pop3_session_numbers_remove(&session->undelivered, front->number);
    if (session->fate == PROTOCOL_REPLACED || session->fate == PROTOCOL_MARKED)
        pop3_session_numbers_add(&session->altered, front->number);
    else
        pop3_session_numbers_remove(&session->altered, front->number);
}

void pop3_session_delivered(struct pop3_session *session)
{
    assert(session->phase == SESSION_DELIVERING);
    note_delivered(session);
    report_outcome(session, session->fate, ERR_NONE);
    pop3_session_forget(session);
    pop3_session_finish(session);
}
