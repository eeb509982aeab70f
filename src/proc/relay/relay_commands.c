/* What the core commands, and what other processes answer. */

#include "proc/relay/relay_internal.h"

#include "base/network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { FREE_FOR_MS = 1000 };

static void count_held(struct relay_session *session)
{
    const struct child_start *start = session->relay->start;
    uint64_t now = session->spool.read_only < 0 ? session->spool.octets : 0;

    if (now != session->held)
        session_stats_hold(start->stats, start->index, (int64_t)now - (int64_t)session->held);
    session->held = now;
}

static void drop_spool(struct relay_session *session)
{
    spool_fini(&session->spool);
    count_held(session);
}

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

static void receive(void *context, enum pop3_session_receive mode)
{
    struct relay_session *session = context;

    if (mode == POP3_SESSION_RECEIVE_NOTHING) {
        drop_spool(session); /* its room may be what others lack */
    } else {
        session->message_begun_ms = relay_now_ms();
        session->due_ms[RELAY_DUE_WAIT_LINE] = 0;
        session->messages++;
    }
    pop3_wire_receive(&session->wire, mode);
}

static bool is_looked_at(const struct conf *conf)
{
    return conf->scan.engines.n != 1 || conf->scan.engines.at[0] != ENGINE_NONE;
}

static void scan(void *context)
{
    struct relay_session *session = context;

    if (!is_looked_at(session->relay->conf))
        session->own_answer = RELAY_ANSWERS_UNSEEN;
    else if (relay_known(session))
        session->own_answer = RELAY_ANSWERS_KNOWN;
    else if (!relay_request(session, IPC_SCAN))
        session->own_answer = RELAY_ANSWERS_NO_VERDICT;
}

static void describe(struct relay_session *session, const struct verdict *verdict)
{
    struct incident *incident = &session->incident->incident;
    struct span uid;

    incident->verdict = *verdict;
    incident->kind = MESSAGE_MAIL;
    incident->direction = MESSAGE_DOWNLOAD;
    snprintf(incident->protocol, sizeof incident->protocol, "POP3");
    snprintf(incident->user, sizeof incident->user, "%s", pop3_session_user(&session->session));
    snprintf(incident->session, sizeof incident->session, "%s", session->id);
    address_format(&session->client_address.any, incident->client);
    address_format(&session->server_address.any, incident->server);
    uid = pop3_session_uid(&session->session);
    snprintf(incident->uidl, sizeof incident->uidl, "%.*s", (int)uid.n, uid.n ? uid.p : "");
    incident->size = session->spool.octets;
    incident->received_s = time(NULL);
    incident->undeliverable = session->session.received.bare_dot;
}

/* First a reader takes the facts out of a mail's header, then the keeper stores it; a file has none. */
static void store(void *context, const struct verdict *verdict, bool destroy)
{
    struct relay_session *session = context;
    enum ipc_kind next;

    session->incident = mem_alloc_zero(sizeof *session->incident);
    session->incident->destroy = destroy;
    describe(session, verdict);
    next = session->incident->incident.kind == MESSAGE_MAIL ? IPC_READ : IPC_STORE;
    if (!relay_request(session, next))
        session->own_answer = RELAY_ANSWERS_NOT_STORED;
}

/* What is delivered lasts until it has left, or emit_content and relay_session_forget see to it; the lead
 * does not. */
static void emit(void *context, struct span bytes)
{
    struct relay_session *session = context;

    if (session->delivering)
        conn_write_borrowed(&session->client, bytes);
    else
        conn_write(&session->client, bytes);
}

static void deliver(void *context, enum pop3_session_source source, struct span lead, uint32_t body_lines)
{
    struct relay_session *session = context;

    session->delivery_emitted = false;
    session->source = source;
    session->offset = 0;
    pop3_delivery_init(&session->delivery, body_lines, pop3_session_dots_end(&session->session, source, lead),
                       emit, session);
    pop3_delivery_content(&session->delivery, lead);
    session->delivering = true;
}

/* All that belongs to the message at hand. */
void relay_session_forget(struct relay_session *session)
{
    relay_request_abandon(session);
    conn_keep(&session->client); /* it may have borrowed some of this */
    drop_spool(session);
    buf_fini(&session->notice);
    free(session->incident);
    session->incident = NULL;
    free(session->known);
    session->known = NULL;
    session->delivering = false;
}

static void forget(void *context)
{
    relay_session_forget(context);
}

static void begin_tunnel(void *context)
{
    struct relay_session *session = context;

    session->tunnel = true;
    session_stats_count(session->relay->start->stats, SESSION_STATS_UNSCANNED);
    conn_drop_input(&session->client); /* said in the clear, before it could know; RFC 2595 4 */
    relay_log_tunnel(session);
}

static void end(void *context, enum err why)
{
    struct relay_session *session = context;

    session->why = why;
    session->ending = RELAY_FLUSHING;
    session->turned = true;
}

static enum session_stats_counter counter_of_fate(enum pop3_session_fate fate)
{
    switch (fate) {
    case POP3_SESSION_DELIVERED: return SESSION_STATS_DELIVERED;
    case POP3_SESSION_MARKED: return SESSION_STATS_MARKED;
    case POP3_SESSION_REPLACED: return SESSION_STATS_REPLACED;
    case POP3_SESSION_RELEASED: return SESSION_STATS_RELEASED;
    case POP3_SESSION_REFUSED: break;
    }
    return SESSION_STATS_REFUSED;
}

static enum session_stats_counter counter_of_verdict(enum verdict_kind kind)
{
    switch (kind) {
    case VERDICT_CLEAN: return SESSION_STATS_CLEAN;
    case VERDICT_INFECTED: return SESSION_STATS_INFECTED;
    case VERDICT_UNSCANNABLE: return SESSION_STATS_UNSCANNABLE;
    case VERDICT_FAILED: break;
    }
    return SESSION_STATS_FAILED;
}

static void count_outcome(const struct relay_session *session, const struct pop3_session_outcome *outcome)
{
    struct session_stats *stats = session->relay->start->stats;

    session_stats_count(stats, counter_of_fate(outcome->fate));
    if (outcome->verdict)
        session_stats_count(stats, counter_of_verdict((enum verdict_kind)outcome->verdict->kind));
}

static void tell_outcome(void *context, const struct pop3_session_outcome *outcome)
{
    struct relay_session *session = context;

    if (outcome->fate == POP3_SESSION_REPLACED)
        session->replaced++;
    if (outcome->fate != POP3_SESSION_REFUSED)
        session->octets += session->session.received.octets;
    count_outcome(session, outcome);
    relay_log_message(session, outcome);
}

static void tell_refused(void *context, struct span verb, enum err why)
{
    relay_log_command(context, verb, why);
}

static void tell_entered(void *context, const char *from, const char *to)
{
    struct relay_session *session = context;

    session->turned = true;
    relay_log_entered(session, from, to);
}

/* Of the spool's disk; asked now and then. */
static uint64_t free_bytes(struct relay *relay)
{
    uint64_t now = relay_now_ms();

    if (!relay->free_asked_ms || now - relay->free_asked_ms >= FREE_FOR_MS) {
        relay->free_bytes = spool_free_bytes(relay->spool.directory);
        relay->free_asked_ms = now;
    }
    return relay->free_bytes;
}

static bool has_room(void *context, uint64_t octets)
{
    struct relay_session *session = context;
    uint64_t least = session->relay->conf->spool.min_free_bytes;

    if (least == 0)
        return true;
    return free_bytes(session->relay) >=
           least + (octets > session->relay->spool.memory_max_bytes ? octets : 0);
}

static const struct pop3_session_ops ops = {
    has_room, send_client,  send_server, receive,      scan,         store,        deliver,
    forget,   begin_tunnel, end,         tell_outcome, tell_refused, tell_entered,
};

/* What is being received is never paused for the others; when all of them together are too much, it goes to
 * disk [S11]. */
static bool keep(struct relay_session *session, struct span run)
{
    struct relay *relay = session->relay;
    struct spool_settings settings = relay->spool;
    bool kept;

    if (session_stats_held(relay->start->stats) + run.n > relay->conf->spool.memory_total_max_bytes)
        settings.memory_max_bytes = 0;
    kept = spool_write(&session->spool, &settings, run);
    count_held(session);
    return kept;
}

static bool write_spool(void *context, struct span run, enum err *why)
{
    struct relay_session *session = context;

    if (session->spool.octets + run.n > session->listener->message_max_bytes) {
        *why = ERR_MESSAGE_TOO_LARGE;
        return false;
    }
    if (keep(session, run))
        return true;
    relay_log_spool(session->relay, errno);
    *why = ERR_SPOOL_FAILED;
    return false;
}

static bool cut_spool(void *context, uint64_t octets, enum err *why)
{
    struct relay_session *session = context;
    bool was_cut = spool_cut(&session->spool, octets);

    count_held(session);
    if (!was_cut)
        *why = ERR_SPOOL_FAILED;
    return was_cut;
}

void relay_commands_init(struct relay_session *session)
{
    pop3_session_init(&session->session, &ops, session, session->relay->conf);
    pop3_wire_init(&session->wire, &session->session,
                   (struct pop3_wire_spool){write_spool, cut_spool, session});
}

void relay_session_verdict(struct relay_session *session, const struct verdict *verdict)
{
    pop3_session_verdict(&session->session, verdict);
    relay_session_move(session);
}

void relay_session_facts(struct relay_session *session, const struct ipc_facts *facts)
{
    if (facts->ok) {
        session->incident->incident.facts = facts->facts;
        session->incident->kept = facts->kept;
        session->incident->layout = facts->layout;
        mail_layout_clean(&session->incident->layout);
        facts_clean(&session->incident->incident.facts);
        if (!kept_header_clean(&session->incident->kept))
            session->incident->kept = (struct kept_header){0};
    }
    if (!relay_request(session, IPC_STORE))
        session->own_answer = RELAY_ANSWERS_NOT_STORED;
    relay_session_move(session);
}

static const struct notice_template *choose_notice(const struct relay_session *session)
{
    const struct conf_languages *languages = &session->relay->conf->notice.languages;

    for (size_t i = 1; i < languages->n; i++)
        if (network_has(&languages->at[i].clients, &session->client_address))
            return session->relay->start->notices[i];
    return session->relay->start->notices[0];
}

void relay_session_stored(struct relay_session *session, const struct ipc_stored *stored)
{
    struct incident *incident = &session->incident->incident;

    if (!stored->ok) {
        pop3_session_store_failed(&session->session);
        relay_session_move(session);
        return;
    }
    memcpy(incident->id, stored->incident, sizeof incident->id);
    memcpy(incident->file, stored->file, sizeof incident->file);
    incident_clean(incident);
    if (stored->released) {
        pop3_session_released(&session->session);
        relay_session_move(session);
        return;
    }
    relay_log_incident(session);
    notice_render_fit(choose_notice(session), incident, &session->incident->kept,
                      pop3_session_header_was_given(&session->session) ? &session->incident->layout : NULL,
                      &session->notice);
    pop3_session_stored(&session->session, session->notice.n);
    relay_session_move(session);
}
