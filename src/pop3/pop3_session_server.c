/* Handles the server's responses, except the content of messages. */

#include "pop3/pop3_session_internal.h"

#include "pop3/pop3_reply.h"

#include <assert.h>

/* Limit of the stray lines that are dropped (is_stray). */
enum { STRAYS_MAX = 100 };

/* Passes a line to the client. Replaces each byte that a reader might take for a line end with "?". */
static void pass_line(struct pop3_session *session, struct span line)
{
    size_t from = 0;

    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] != '\r' && line.p[i] != '\0')
            continue;
        session->ops->send(session->shell, LEG_CLIENT, (struct span){line.p + from, i - from});
        session->ops->send(session->shell, LEG_CLIENT, SPAN("?"));
        from = i + 1;
    }
    pop3_session_send_line(session, span_from(line, from));
}

static void pass_status(struct pop3_session *session, struct span line)
{
    struct span text, indicator = pop3_reply_indicator(line, &text);

    session->ops->send(session->shell, LEG_CLIENT, indicator);
    pass_line(session, text);
}

static void note_size(struct pop3_session *session, struct span listing)
{
    uint32_t number;
    uint64_t octets;

    if (!pop3_listing_parse(listing, &number, &octets))
        return;
    pop3_session_sizes_note(&session->sizes, number, octets,
                            octets > session->conf->spool.memory_max_bytes ||
                                octets > session->conf->listeners[PROTOCOL_POP3].message_max_bytes);
}

static void note_uid(struct pop3_session *session, struct span listing)
{
    uint32_t number;
    struct span uid;

    if (pop3_uid_parse(listing, &number, &uid))
        pop3_session_uids_note(&session->uids, number, uid);
}

static void pass_capability(struct pop3_session *session, struct span line, struct pop3_offer offer)
{
    char filtered[POP3_REPLY_LINE_MAX];
    size_t n = pop3_capability_filter(line, offer, filtered);

    if (n)
        pass_line(session, (struct span){filtered, n});
}

/* Counts the line. Only LIST and UIDL have a line for each message, so their limit is higher. */
static bool is_listing_too_long(struct pop3_session *session, struct span line)
{
    enum pop3_verb verb = pop3_session_front(session)->verb;
    uint32_t lines_max = verb == POP3_LIST || verb == POP3_UIDL ? POP3_LISTING_MAX : POP3_OTHER_LISTING_MAX;

    session->listing_octets += (uint32_t)line.n;
    return ++session->listing_lines > lines_max || session->listing_octets > POP3_LISTING_OCTETS_MAX;
}

static void take_listing_line(struct pop3_session *session, struct span line)
{
    const struct pop3_session_entry *front = pop3_session_front(session);
    struct pop3_offer offer = {.stls = session->conf->listeners[PROTOCOL_POP3].tls == TLS_PASS &&
                                       !session->is_tls,
                               .top = session->conf->pop3.top};

    if (span_eq(line, SPAN("."))) {
        pop3_session_send_line(session, line);
        pop3_session_finish(session);
        return;
    }
    if (is_listing_too_long(session, line)) {
        pop3_session_server_failed(session, ERR_SERVER_LIST_TOO_LONG);
        return;
    }
    session->ops->advanced(session->shell);
    if (front->verb == POP3_CAPA) {
        pass_capability(session, line, offer);
    } else if (front->verb == POP3_AUTH) {
        if (pop3_mechanism_passes(line))
            pass_line(session, line);
    } else {
        if (front->verb == POP3_LIST)
            note_size(session, line);
        if (front->verb == POP3_UIDL)
            note_uid(session, line);
        pass_line(session, line);
    }
}

/* Handles +OK to a command with a single-line response. */
static void take_single(struct pop3_session *session, struct span line)
{
    struct pop3_session_entry front = *pop3_session_front(session);

    if (front.verb == POP3_LIST)
        note_size(session, span_from(line, strlen("+OK")));
    if (front.verb == POP3_UIDL)
        note_uid(session, span_from(line, strlen("+OK")));
    session->logged_in = session->logged_in || pop3_session_is_login(&front);
    if (front.verb == POP3_STLS && pop3_session_intercepts_tls(session)) {
        pop3_session_tls_begin(session);
        return;
    }
    pass_status(session, line);
    if (front.verb == POP3_STLS) {
        pop3_session_enter(session, SESSION_TUNNEL);
        session->ops->tunnel(session->shell);
        return;
    }
    pop3_session_finish(session);
}

static void take_ok(struct pop3_session *session, struct span line)
{
    switch ((enum pop3_shape)pop3_session_front(session)->shape) {
    case POP3_SINGLE:
    case POP3_SASL: take_single(session, line); break;
    case POP3_MULTI:
        pass_status(session, line);
        session->listing_lines = session->listing_octets = 0;
        if (pop3_session_front(session)->verb == POP3_UIDL)
            pop3_session_uids_clear(&session->uids);
        pop3_session_enter(session, SESSION_LISTING);
        break;
    case POP3_MESSAGE: pop3_session_message_begin(session); break;
    }
}

static void take_status(struct pop3_session *session, struct span line)
{
    const struct pop3_session_entry *front = pop3_session_front(session);

    bool is_greeting = !session->greeted;

    session->in_banner = is_greeting;
    session->greeted = true;
    switch (pop3_reply_status(line)) {
    case POP3_OK:
        take_ok(session, line);
        if (is_greeting)
            pop3_session_tls_ask(session);
        return;
    case POP3_ERR:
        session->quitting = session->quitting && front->verb != POP3_QUIT;
        pass_status(session, line);
        pop3_session_finish(session);
        return;
    case POP3_CONTINUE:
        if (front->shape != POP3_SASL || session->client_ended)
            break;
        pass_line(session, line);
        pop3_session_enter(session, SESSION_SASL);
        if (session->stopping)
            pop3_session_close(session, ERR_STOPPING);
        return;
    case POP3_MALFORMED: break;
    }
    pop3_session_server_failed(session, ERR_SERVER_MALFORMED);
}

/* Handles an unsolicited response, after which the session closes. If no reply is outstanding, an -ERR is
 * passed on first: a server may send it before it closes the connection [S2]. */
static void take_unsolicited(struct pop3_session *session, struct span line)
{
    bool farewell = session->phase == SESSION_IDLE && pop3_reply_status(line) == POP3_ERR;

    if (farewell)
        pass_status(session, line);
    pop3_session_close(session, farewell ? ERR_SERVER_CLOSED : ERR_SERVER_UNSOLICITED);
}

/* Handles the reply to the NOOP of pop3_session_resync. */
static void take_resync(struct pop3_session *session, struct span line)
{
    enum pop3_status status = pop3_reply_status(line);

    if (status != POP3_OK && status != POP3_ERR) {
        pop3_session_close(session, ERR_SERVER_UNSOLICITED);
        return;
    }
    session->resyncing = session->noop_outstanding = false;
    if (session->phase == SESSION_IDLE)
        pop3_session_advance(session);
}

/* Returns whether to drop the line. At most STRAYS_MAX times, and never in a listing or after a bare_end,
 * these lines are dropped: an empty line; the dot of a server that ends single-line responses as if they were
 * multi-line; and, between the greeting and the first reply, any line that is not a status line. */
static bool is_stray(const struct pop3_session *session, struct span line)
{
    bool is_empty = line.n == 0 || span_eq(line, SPAN("."));

    return session->strays < STRAYS_MAX && session->phase != SESSION_LISTING && !session->was_bare_end &&
           (is_empty || (session->in_banner && pop3_reply_status(line) == POP3_MALFORMED));
}

void pop3_session_server_line(struct pop3_session *session, struct span line)
{
    assert(pop3_session_wants_server(session) && session->phase != SESSION_RECEIVING);
    if (session->own_capa == OWN_CAPA_LISTING)
        pop3_session_tls_capability(session, line);
    else if (is_stray(session, line))
        session->strays++;
    else if (session->own_capa == OWN_CAPA_SENT)
        pop3_session_tls_capability(session, line);
    else if (pop3_session_is_starting_tls(session))
        pop3_session_tls_line(session, line);
    else if (session->resyncing)
        take_resync(session, line);
    else if (session->noop_outstanding)
        session->noop_outstanding = false;
    else if (session->phase == SESSION_REPLY)
        take_status(session, line);
    else if (session->phase == SESSION_LISTING)
        take_listing_line(session, line);
    else
        take_unsolicited(session, line);
}

void pop3_session_server_overlong(struct pop3_session *session)
{
    pop3_session_server_failed(session, ERR_SERVER_LINE_TOO_LONG);
}

/* The error is reported to the client only in phases in which no part of a reply has been sent. */
void pop3_session_server_failed(struct pop3_session *session, enum err why)
{
    if (session->phase == SESSION_CLOSED)
        return;
    if (session->phase == SESSION_RECEIVING)
        pop3_session_message_refuse(session, why);
    else if (session->phase == SESSION_REPLY || pop3_session_owes_stls(session))
        pop3_session_send_err(session, why);
    pop3_session_close(session, why);
}
