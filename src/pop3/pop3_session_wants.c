/* Determines which bytes the session wants, and which events it waits for, in its current phase. */

#include "pop3/pop3_session_internal.h"

/* Returns whether the client's next bytes can be read only after the reply to this command. */
static bool decides_framing(const struct pop3_session_entry *entry)
{
    return entry->state == ENTRY_SENT && (entry->shape == POP3_SASL || entry->verb == POP3_STLS);
}

bool pop3_session_wants_client(const struct pop3_session *session)
{
    unsigned last =
        ((unsigned)session->first + session->count + POP3_SESSION_QUEUE_MAX - 1) % POP3_SESSION_QUEUE_MAX;

    if (session->phase == SESSION_CLOSED || session->phase == SESSION_TUNNEL || session->client_ended)
        return false;
    if (session->phase == SESSION_SASL)
        return true;
    if (session->own_capa != OWN_CAPA_NONE || pop3_session_is_starting_tls(session))
        return false;
    if (session->resyncing || session->sync_lost || !session->greeted || session->quitting ||
        session->stopping || session->held || session->count == POP3_SESSION_QUEUE_MAX ||
        (session->messages > 0 && !session->ends_well))
        return false;
    return session->count == 0 || !decides_framing(&session->queue[last]);
}

bool pop3_session_wants_server_end(const struct pop3_session *session)
{
    switch (session->phase) {
    case SESSION_IDLE:
    case SESSION_REPLY:
    case SESSION_LISTING:
    case SESSION_SASL:
    case SESSION_TLS_GREETING:
    case SESSION_TLS_REPLY:
    case SESSION_RECEIVING: return true;
    case SESSION_TLS_SERVER:
    case SESSION_TLS_CLIENT:
    case SESSION_SCANNING:
    case SESSION_STORING:
    case SESSION_DELIVERING:
    case SESSION_TUNNEL:
    case SESSION_CLOSED: break;
    }
    return false;
}

/* Returns whether the server's leg is idle, because a message that was received completely is being
 * handled. */
static bool is_server_idling(const struct pop3_session *session)
{
    return session->phase == SESSION_SCANNING || session->phase == SESSION_STORING ||
           session->phase == SESSION_DELIVERING;
}

bool pop3_session_wants_server(const struct pop3_session *session)
{
    return pop3_session_wants_server_end(session) ||
           (is_server_idling(session) && (session->noop_outstanding || session->was_bare_end));
}

bool pop3_session_may_keep_alive(const struct pop3_session *session)
{
    unsigned sent = session->count - (session->held ? 1u : 0u);

    return is_server_idling(session) && sent == 1 && !session->noop_outstanding;
}

bool pop3_session_may_shrink(const struct pop3_session *session)
{
    return session->phase == SESSION_IDLE &&
           (session->uids.packed.capacity > 0 || session->sizes.capacity > 0);
}

enum protocol_awaited pop3_session_awaited(const struct pop3_session *session)
{
    switch (session->phase) {
    case SESSION_IDLE:
        return session->resyncing || session->own_capa != OWN_CAPA_NONE ? PROTOCOL_AWAITS_SERVER
                                                                        : PROTOCOL_AWAITS_CLIENT;
    case SESSION_TLS_GREETING:
    case SESSION_TLS_REPLY:
    case SESSION_SASL:
    case SESSION_TUNNEL: return PROTOCOL_AWAITS_CLIENT;
    case SESSION_REPLY: return PROTOCOL_AWAITS_SERVER;
    case SESSION_RECEIVING: return PROTOCOL_AWAITS_MESSAGE;
    case SESSION_LISTING: return PROTOCOL_AWAITS_TRANSFER;
    case SESSION_SCANNING: return PROTOCOL_AWAITS_VERDICT;
    case SESSION_STORING: return PROTOCOL_AWAITS_QUARANTINE;
    case SESSION_DELIVERING: return PROTOCOL_AWAITS_DELIVERY;
    case SESSION_TLS_SERVER:
    case SESSION_TLS_CLIENT:
    case SESSION_CLOSED: break;
    }
    return PROTOCOL_AWAITS_NOTHING;
}

bool pop3_session_may_send_interim(const struct pop3_session *session)
{
    const struct pop3_session_entry *front = &session->queue[session->first];

    switch (session->phase) {
    case SESSION_RECEIVING:
    case SESSION_SCANNING:
    case SESSION_STORING: return session->fault == ERR_NONE && !pop3_session_is_head(front);
    case SESSION_IDLE:
    case SESSION_REPLY:
    case SESSION_LISTING:
    case SESSION_SASL:
    case SESSION_DELIVERING:
    case SESSION_TLS_SERVER:
    case SESSION_TLS_CLIENT:
    case SESSION_TLS_GREETING:
    case SESSION_TLS_REPLY:
    case SESSION_TUNNEL:
    case SESSION_CLOSED: break;
    }
    return false;
}
