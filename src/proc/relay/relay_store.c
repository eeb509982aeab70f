/* Has a message stored in the quarantine, and makes the notice that is delivered instead. If the message is a
 * mail, a reader first extracts data from its header. */

#include "proc/relay/relay_internal.h"

#include "base/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void fill_incident(struct held_message *message, const struct protocol_incident *what)
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

static const struct notice_template *choose_notice(const struct relay_session *session)
{
    const struct conf_languages *languages = &session->relay->conf->notice.languages;

    for (size_t i = 1; i < languages->n; i++)
        if (network_has(&languages->at[i].clients, &session->client_address))
            return session->relay->start->notices[i];
    return session->relay->start->notices[0];
}

static void report(struct held_message *message, enum protocol_stored result)
{
    struct relay_session *session = message->session;

    session->protocol->stored(session->state, message, result, message->notice.n);
}

static void report_failed(struct held_message *message)
{
    report(message, PROTOCOL_STORE_FAILED);
}

/* Records the keeper's reply. Unless the message is released, makes the notice. */
static void apply_reply(struct held_message *message, const struct ipc_stored *stored)
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

static void take_stored(struct held_message *message, const void *reply)
{
    const struct ipc_stored *stored = reply;

    relay_ready_add_reply(message->session);
    if (!stored || !stored->ok) {
        report_failed(message);
        return;
    }
    apply_reply(message, stored);
    report(message, stored->released ? PROTOCOL_STORED_RELEASED : PROTOCOL_STORED);
}

static void request_store(struct held_message *message)
{
    if (!relay_request(message, IPC_STORE, take_stored))
        message->local_result = report_failed;
}

/* If the reader has failed, the notice has no header data [P4]. */
static void take_facts(struct held_message *message, const void *reply)
{
    struct relay_incident *incident = message->incident;
    const struct ipc_facts *facts = reply;

    relay_ready_add_reply(message->session);
    if (facts && facts->ok) {
        incident->incident.facts = facts->facts;
        incident->kept = facts->kept;
        incident->layout = facts->layout;
        mail_layout_clean(&incident->layout);
        facts_clean(&incident->incident.facts);
        if (!kept_header_clean(&incident->kept))
            incident->kept = (struct kept_header){0};
    }
    request_store(message);
}

void relay_message_store(struct held_message *message, const struct protocol_incident *incident)
{
    relay_message_withdraw(message);
    free(message->incident);
    message->incident = mem_alloc_zero(sizeof *message->incident);
    message->incident->destroy = incident->destroy;
    message->incident->is_header_known = incident->is_header_known;
    fill_incident(message, incident);
    if (message->session->protocol->kind == MESSAGE_FILE)
        request_store(message);
    else if (!relay_request(message, IPC_READ, take_facts))
        message->local_result = report_failed;
}
