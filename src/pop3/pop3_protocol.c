#include "pop3/pop3_protocol.h"

#include "pop3/pop3_replies.h"

/* The lead is not part of the held message. Therefore it is sent by `send`, which copies the bytes. */
static void emit_lead(void *context, struct span bytes)
{
    struct pop3 *pop3 = context;

    pop3->session.ops->send(pop3->session.shell, LEG_CLIENT, bytes);
}

static void emit_content(void *context, struct span bytes)
{
    struct pop3 *pop3 = context;

    pop3->session.ops->emit(pop3->session.message, bytes);
}

static void receive(void *context, enum pop3_session_receive mode)
{
    struct pop3 *pop3 = context;

    pop3_wire_receive(&pop3->wire, mode);
}

static void deliver(void *context, enum protocol_source source, uint64_t octets, struct span lead,
                    uint32_t body_lines)
{
    struct pop3 *pop3 = context;

    pop3_delivery_init(&pop3->delivery, body_lines, pop3_session_dots_end(&pop3->session, source, lead),
                       emit_lead, pop3);
    pop3_delivery_content(&pop3->delivery, lead);
    pop3->delivery.emit = emit_content;
    pop3->session.ops->deliver(pop3->session.message, source, octets);
}

static void init(void *session, const struct protocol_ops *ops, void *shell, const struct conf *conf)
{
    struct pop3 *pop3 = session;

    pop3_session_init(&pop3->session, ops, shell, conf, (struct pop3_session_hooks){receive, deliver, pop3});
    pop3_wire_init(&pop3->wire, &pop3->session);
}

static void fini(void *session)
{
    struct pop3 *pop3 = session;

    pop3_session_fini(&pop3->session);
}

static size_t bytes(void *session, enum leg leg, struct span in)
{
    struct pop3 *pop3 = session;

    return leg == LEG_CLIENT ? pop3_wire_client_bytes(&pop3->wire, in)
                             : pop3_wire_server_bytes(&pop3->wire, in);
}

static bool end(void *session, enum leg leg, struct span rest, enum err why)
{
    struct pop3 *pop3 = session;

    return leg == LEG_CLIENT ? pop3_wire_client_end(&pop3->wire, rest)
                             : pop3_wire_server_end(&pop3->wire, rest, why);
}

static void lost(void *session, enum leg leg, enum err why)
{
    struct pop3 *pop3 = session;

    if (leg == LEG_CLIENT)
        pop3_session_client_gone(&pop3->session);
    else
        pop3_session_server_failed(&pop3->session, why);
}

static enum protocol_wants wants(const void *session, enum leg leg)
{
    const struct pop3 *pop3 = session;

    if (leg == LEG_CLIENT)
        return pop3_session_wants_client(&pop3->session) ? PROTOCOL_WANTS_BYTES : PROTOCOL_WANTS_NOTHING;
    if (!pop3_session_wants_server(&pop3->session))
        return PROTOCOL_WANTS_NOTHING;
    return pop3->session.noop_outstanding ? PROTOCOL_WANTS_OWN_BYTES : PROTOCOL_WANTS_BYTES;
}

static void scanned(void *session, struct held_message *message, const struct verdict *verdict)
{
    struct pop3 *pop3 = session;

    pop3_session_verdict(&pop3->session, verdict);
}

static void stored(void *session, struct held_message *message, enum protocol_stored result,
                   uint64_t notice_octets)
{
    struct pop3 *pop3 = session;

    switch (result) {
    case PROTOCOL_STORED: pop3_session_stored(&pop3->session, notice_octets); break;
    case PROTOCOL_STORED_RELEASED: pop3_session_released(&pop3->session); break;
    case PROTOCOL_STORE_FAILED: pop3_session_store_failed(&pop3->session); break;
    }
}

static bool content(void *session, struct held_message *message, struct span piece)
{
    struct pop3 *pop3 = session;

    return pop3_delivery_content(&pop3->delivery, piece);
}

static void content_end(void *session, struct held_message *message)
{
    struct pop3 *pop3 = session;

    pop3_delivery_end(&pop3->delivery);
}

static void delivered(void *session, struct held_message *message)
{
    struct pop3 *pop3 = session;

    pop3_session_delivered(&pop3->session);
}

static void tls_started(void *session, enum leg leg)
{
    struct pop3 *pop3 = session;

    pop3_session_tls_started(&pop3->session, leg);
}

static void reconnected(void *session)
{
    struct pop3 *pop3 = session;

    pop3_session_reconnected(&pop3->session);
}

static enum protocol_awaited awaited(const void *session)
{
    const struct pop3 *pop3 = session;

    return pop3_session_awaited(&pop3->session);
}

static void timed_out(void *session)
{
    struct pop3 *pop3 = session;

    pop3_session_timed_out(&pop3->session);
}

static void expired(void *session, enum err why)
{
    struct pop3 *pop3 = session;

    pop3_session_expired(&pop3->session, why);
}

static bool is_logged_in(const void *session)
{
    const struct pop3 *pop3 = session;

    return pop3->session.logged_in;
}

static bool wants_timer(const void *session, enum protocol_timer timer)
{
    const struct pop3 *pop3 = session;

    switch (timer) {
    case PROTOCOL_TIMER_PATIENCE: return pop3_session_may_send_interim(&pop3->session);
    case PROTOCOL_TIMER_KEEP_ALIVE: return pop3_session_may_keep_alive(&pop3->session);
    case PROTOCOL_TIMER_SILENCE: return pop3_wire_may_be_over(&pop3->wire);
    case PROTOCOL_TIMER_IDLE: return pop3_session_may_shrink(&pop3->session);
    }
    return false;
}

static void timer(void *session, enum protocol_timer timer, uint64_t waited_s)
{
    struct pop3 *pop3 = session;

    switch (timer) {
    case PROTOCOL_TIMER_PATIENCE: pop3_wire_waited(&pop3->wire, waited_s); break;
    case PROTOCOL_TIMER_KEEP_ALIVE: pop3_session_keep_alive(&pop3->session); break;
    case PROTOCOL_TIMER_SILENCE: pop3_wire_silence(&pop3->wire); break;
    case PROTOCOL_TIMER_IDLE: pop3_session_shrink(&pop3->session); break;
    }
}

static void stopping(void *session)
{
    struct pop3 *pop3 = session;

    pop3_session_stop(&pop3->session);
}

static const char *user(const void *session)
{
    const struct pop3 *pop3 = session;

    return pop3_session_user(&pop3->session);
}

static bool is_greeting(struct span line)
{
    return span_starts(line, SPAN("+OK"));
}

const struct protocol pop3_protocol = {
    .id = PROTOCOL_POP3,
    .kind = MESSAGE_MAIL,
    .size = sizeof(struct pop3),
    .init = init,
    .fini = fini,
    .bytes = bytes,
    .end = end,
    .lost = lost,
    .wants = wants,
    .scanned = scanned,
    .stored = stored,
    .content = content,
    .content_end = content_end,
    .delivered = delivered,
    .tls_started = tls_started,
    .reconnected = reconnected,
    .awaited = awaited,
    .timed_out = timed_out,
    .expired = expired,
    .is_logged_in = is_logged_in,
    .wants_timer = wants_timer,
    .timer = timer,
    .stopping = stopping,
    .user = user,
    .refuse = pop3_replies_refuse,
    .is_refusal = pop3_replies_is_refusal,
    .is_greeting = is_greeting,
};
