/* A held message: its spool, its requests, and the incident and the notice that result. */

#include "proc/relay/relay_internal.h"

#include "base/network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void count_held(struct held_message *message)
{
    const struct child_start *start = message->session->relay->start;
    uint64_t now = message->spool.read_only < 0 ? message->spool.octets : 0;

    if (now != message->held)
        session_stats_hold(start->stats, start->index, (int64_t)now - (int64_t)message->held);
    message->held = now;
}

struct held_message *relay_message_begin(void *shell, enum leg from)
{
    struct relay_session *session = shell;
    struct held_message *message = mem_alloc_zero(sizeof *message);

    message->session = session;
    message->from = from;
    message->spool = SPOOL_EMPTY;
    message->begun_ms = relay_now_ms();
    TAILQ_INSERT_TAIL(&session->messages, message, link);
    session->messages_seen++;
    session->timers.due_ms[RELAY_DUE_PATIENCE] = 0;
    return message;
}

/* Reception is never paused in favour of other messages; when all of them together use too much memory, this
 * one goes to disk [S11]. */
static bool keep(struct held_message *message, struct span run)
{
    struct relay *relay = message->session->relay;
    struct spool_settings settings = relay->spool;
    bool kept;

    if (session_stats_held(relay->start->stats) + run.n > relay->conf->spool.memory_total_max_bytes)
        settings.memory_max_bytes = 0;
    kept = spool_write(&message->spool, &settings, run);
    count_held(message);
    return kept;
}

bool relay_message_write(struct held_message *message, struct span run, enum err *why)
{
    struct relay *relay = message->session->relay;

    if (message->spool.octets + run.n > message->session->listener->message_max_bytes) {
        *why = ERR_MESSAGE_TOO_LARGE;
        return false;
    }
    if (keep(message, run))
        return true;
    relay_log_spool(relay, errno);
    *why = ERR_SPOOL_FAILED;
    return false;
}

bool relay_message_cut(struct held_message *message, uint64_t octets, enum err *why)
{
    bool was_cut = spool_cut(&message->spool, octets);

    count_held(message);
    if (!was_cut)
        *why = ERR_SPOOL_FAILED;
    return was_cut;
}

void relay_message_drop(struct held_message *message)
{
    spool_fini(&message->spool);
    count_held(message);
}

static bool is_scanning_enabled(const struct conf *conf)
{
    return conf->scan.engines.n != 1 || conf->scan.engines.at[0] != ENGINE_NONE;
}

void relay_message_withdraw(struct held_message *message)
{
    relay_request_abandon(message);
    message->local_result = RELAY_LOCAL_NONE;
}

void relay_message_scan(struct held_message *message)
{
    relay_message_withdraw(message);
    if (!is_scanning_enabled(message->session->relay->conf))
        message->local_result = RELAY_LOCAL_UNSCANNED;
    else if (relay_known(message))
        message->local_result = RELAY_LOCAL_KNOWN;
    else if (!relay_request(message, IPC_SCAN))
        message->local_result = RELAY_LOCAL_NO_VERDICT;
}

static void describe(struct held_message *message, const struct protocol_incident *what)
{
    const struct relay_session *session = message->session;
    struct incident *incident = &message->incident->incident;

    incident->verdict = *what->verdict;
    incident->kind = (uint8_t)session->protocol->kind;
    incident->direction = message->from == LEG_SERVER ? MESSAGE_DOWNLOAD : MESSAGE_UPLOAD;
    snprintf(incident->protocol, sizeof incident->protocol, "%s", protocol_id_name(session->protocol->id));
    snprintf(incident->name, sizeof incident->name, "%s", what->name ? what->name : "");
    snprintf(incident->user, sizeof incident->user, "%s", what->user);
    snprintf(incident->session, sizeof incident->session, "%s", session->id);
    address_format(&session->client_address.any, incident->client);
    address_format(&session->server_address.any, incident->server);
    snprintf(incident->uidl, sizeof incident->uidl, "%.*s", (int)what->unique_id.n,
             what->unique_id.n ? what->unique_id.p : "");
    incident->size = message->spool.octets;
    incident->received_s = time(NULL);
    incident->undeliverable = what->undeliverable;
}

/* A reader first extracts header data from a mail, then the keeper stores it. A file has no header. */
void relay_message_store(struct held_message *message, const struct protocol_incident *incident)
{
    relay_message_withdraw(message);
    free(message->incident);
    message->incident = mem_alloc_zero(sizeof *message->incident);
    message->incident->destroy = incident->destroy;
    message->incident->is_header_known = incident->is_header_known;
    describe(message, incident);
    if (!relay_request(message, message->session->protocol->kind == MESSAGE_MAIL ? IPC_READ : IPC_STORE))
        message->local_result = RELAY_LOCAL_NOT_STORED;
}

void relay_message_forget(struct held_message *message)
{
    relay_message_withdraw(message);
    relay_delivery_end(message);
    relay_message_drop(message);
    buf_fini(&message->notice);
    free(message->incident);
    free(message->known);
    TAILQ_REMOVE(&message->session->messages, message, link);
    free(message);
}

static void report_scanned(struct held_message *message, const struct verdict *verdict)
{
    struct relay_session *session = message->session;

    session->protocol->scanned(session->state, message, verdict);
}

static void report_stored(struct held_message *message, enum protocol_stored result)
{
    struct relay_session *session = message->session;

    session->protocol->stored(session->state, message, result, message->notice.n);
}

static void report(struct held_message *message, enum relay_local_result result)
{
    struct verdict verdict = {.kind = VERDICT_FAILED};

    if (result == RELAY_LOCAL_UNSCANNED)
        verdict_set_unscanned(&verdict);
    else if (result == RELAY_LOCAL_KNOWN)
        verdict = *message->known;
    if (result == RELAY_LOCAL_NOT_STORED)
        report_stored(message, PROTOCOL_STORE_FAILED);
    else
        report_scanned(message, &verdict);
}

bool relay_message_report_local(struct relay_session *session)
{
    struct held_message *message;
    enum relay_local_result result;

    TAILQ_FOREACH(message, &session->messages, link)
    if (message->local_result != RELAY_LOCAL_NONE)
        break;
    if (!message || session->ending != RELAY_RUNNING)
        return false;
    result = message->local_result;
    message->local_result = RELAY_LOCAL_NONE;
    report(message, result);
    return true;
}

void relay_message_scanned(struct held_message *message, const struct verdict *verdict)
{
    struct relay_session *session = message->session;

    report_scanned(message, verdict);
    relay_pump(session);
}

void relay_message_facts(struct held_message *message, const struct ipc_facts *facts)
{
    struct relay_incident *incident = message->incident;

    if (facts->ok) {
        incident->incident.facts = facts->facts;
        incident->kept = facts->kept;
        incident->layout = facts->layout;
        mail_layout_clean(&incident->layout);
        facts_clean(&incident->incident.facts);
        if (!kept_header_clean(&incident->kept))
            incident->kept = (struct kept_header){0};
    }
    if (!relay_request(message, IPC_STORE))
        message->local_result = RELAY_LOCAL_NOT_STORED;
    relay_pump(message->session);
}

static const struct notice_template *choose_notice(const struct relay_session *session)
{
    const struct conf_languages *languages = &session->relay->conf->notice.languages;

    for (size_t i = 1; i < languages->n; i++)
        if (network_has(&languages->at[i].clients, &session->client_address))
            return session->relay->start->notices[i];
    return session->relay->start->notices[0];
}

static void take_stored(struct held_message *message, const struct ipc_stored *stored)
{
    struct relay_incident *incident = message->incident;

    memcpy(incident->incident.id, stored->incident, sizeof incident->incident.id);
    memcpy(incident->incident.file, stored->file, sizeof incident->incident.file);
    incident_clean(&incident->incident);
    if (stored->released)
        return;
    relay_log_incident(message);
    notice_render_fit(choose_notice(message->session), &incident->incident, &incident->kept,
                      incident->is_header_known ? &incident->layout : NULL, &message->notice);
}

void relay_message_stored(struct held_message *message, const struct ipc_stored *stored)
{
    struct relay_session *session = message->session;

    if (stored->ok)
        take_stored(message, stored);
    report_stored(message, !stored->ok        ? PROTOCOL_STORE_FAILED
                           : stored->released ? PROTOCOL_STORED_RELEASED
                                              : PROTOCOL_STORED);
    relay_pump(session);
}
