/* The events of a session with TLS: of its connections, of its timer, and its end. */

#include "proc/relay/relay_tls.h"

#include "page/page_clients.h"

#include <errno.h>

enum {
    HELLO_MS = 10000,
    LEAF_MS = 10000,      /* after the request was sent to the signer, which may still be loading its keys */
    LEAF_WAIT_MS = 60000, /* while the request cannot be sent yet */
    CLIENT_MS = 120000,   /* some clients ask their user about a certificate during the handshake */
};

static void take_server(struct relay_session *session)
{
    relay_tls_server_judge(session);
    relay_tls_log_server(session);
    relay_tls_act(session);
}

void relay_tls_connected(struct relay_session *session, const struct conn *conn)
{
    if (!session->tls)
        return;
    if (conn == &session->server && session->tls->step == RELAY_TLS_SERVER)
        take_server(session);
    else if (conn == &session->client && session->tls->step == RELAY_TLS_CLIENT)
        relay_tls_enter(session, RELAY_TLS_DONE);
}

static void fail_server(struct relay_session *session, int error)
{
    const struct conf_tls *conf = &session->relay->conf->tls;
    enum err why;

    relay_tls_server_judge(session);
    why = relay_tls_server_fault(session, error);

    if (why == ERR_NONE && conf->client_certificate == TLS_INSTEAD_BYPASS) {
        relay_tls_memory_note_certificate(session->relay->tls->memory, &session->server_address,
                                          relay_tls_sni(session->tls), relay_now_ms());
        relay_tls_pass_unread(session, RELAY_TLS_CLIENT_CERTIFICATE);
    } else if (why == ERR_SERVER_TLS_OLD && conf->old_server == TLS_INSTEAD_BYPASS) {
        relay_tls_pass_unread(session, RELAY_TLS_OLD_SERVER);
    } else {
        relay_tls_fail(session, why == ERR_NONE ? ERR_SERVER_WANTS_CERTIFICATE : why);
    }
}

/* The page shows clients whether their device has accepted the certificate. */
static void tell_page(const struct relay_session *session, enum page_outcome outcome)
{
    struct relay_backend *page = relay_backend_next(session->relay, ROLE_PAGE);
    struct ipc_tls_client report = {.outcome = (uint8_t)outcome};

    if (!page)
        return;
    address_bytes(&session->client_address.any, report.client);
    ipc_send(page->channel, IPC_TLS_CLIENT, &report, -1);
}

/* A client may reject the certificate after the handshake. Its first bytes show that it has accepted the
 * certificate. */
void relay_tls_note_first_bytes(struct relay_session *session)
{
    session->has_spoken = true;
    if (session->is_server_valid)
        tell_page(session, PAGE_ACCEPTED);
    if (session->relay->tls)
        relay_tls_rejects_note_success(session);
}

static void note_reject(struct relay_session *session, int signal)
{
    unsigned count = relay_tls_rejects_note(session);

    session_stats_count(session->relay->start->stats, session->protocol->id, SESSION_STATS_TLS_REJECTED);
    tell_page(session, PAGE_REJECTED);
    relay_tls_log_reject(session, signal, count);
}

static void fail_client(struct relay_session *session)
{
    enum err why = relay_tls_client_fault(session);

    if (why == ERR_CLIENT_TLS_REJECTED && session->tls->judgement.faults == 0)
        note_reject(session, conn_tls_alert(&session->client));
    relay_tls_fail(session, why);
}

/* Some clients reject a certificate by leaving after the handshake. A client that resumes a session has
 * accepted the certificate before. */
void relay_tls_note_end(struct relay_session *session)
{
    SSL *ssl = conn_tls_of(&session->client);

    if (ssl && SSL_session_reused(ssl))
        return;
    if (session->is_tls && session->is_server_valid && !session->has_spoken &&
        session->why == ERR_CLIENT_GONE)
        note_reject(session, -1);
}

static bool is_of_tls(int error)
{
    return error == EPROTO || error == ECONNRESET || error == ENOKEY;
}

/* Returns false if the caller must handle the failure, as without TLS. */
static bool take_server_failure(struct relay_session *session, int error)
{
    switch (session->tls->step) {
    case RELAY_TLS_SERVER:
        if (is_of_tls(error))
            fail_server(session, error);
        else if (session->tls->is_stls)
            relay_tls_fail(session, ERR_SERVER_GONE);
        return is_of_tls(error) || session->tls->is_stls;
    case RELAY_TLS_HELLO:
        if (session->tls->is_stls)
            relay_tls_fail(session, ERR_SERVER_GONE);
        return session->tls->is_stls;
    case RELAY_TLS_REDIAL: return true;
    case RELAY_TLS_RECONNECT: return false;
    case RELAY_TLS_SERVER_DUE:
    case RELAY_TLS_VERIFIED:
    case RELAY_TLS_LEAF:
    case RELAY_TLS_CLIENT:
    case RELAY_TLS_DONE: break;
    }
    relay_tls_fail(session, ERR_SERVER_GONE);
    return true;
}

bool relay_tls_failed(struct relay_session *session, const struct conn *conn, int error)
{
    if (!session->tls)
        return false;
    if (conn == &session->server)
        return take_server_failure(session, error);
    if (session->tls->step != RELAY_TLS_CLIENT)
        return false;
    fail_client(session);
    return true;
}

void relay_tls_close(struct relay_session *session, enum err why)
{
    struct relay_tls *tls = session->tls;

    if (!tls)
        return;
    session_stats_count(session->relay->start->stats, session->protocol->id, SESSION_STATS_TLS_REFUSED);
    relay_tls_log_refused(session, why);
    if (tls->is_client_due && !conn_tls_of(&session->client) && why != ERR_CLIENT_GONE)
        relay_tls_client_refuse(session, why);
    relay_tls_free(session);
}

bool relay_tls_is_client_due(const struct relay_session *session)
{
    return session->tls && session->tls->is_client_due;
}

/* A client that expects TLS is read even while the server is verified, because its end must be noticed. Its
 * hello stays in the input. */
bool relay_tls_wants_client(const struct relay_session *session)
{
    return session->tls->is_client_due && conn_input(&session->client).n < TLS_HELLO_MAX;
}

bool relay_tls_wants_server(const struct relay_session *session)
{
    return session->tls->step == RELAY_TLS_RECONNECT;
}

static bool is_asking_signer(const struct relay_tls *tls)
{
    return tls->request && tls->request->backend;
}

uint64_t relay_tls_limit_ms(const struct relay_session *session)
{
    if (!session->tls)
        return 0;
    switch (session->tls->step) {
    case RELAY_TLS_HELLO: return HELLO_MS;
    case RELAY_TLS_LEAF: return is_asking_signer(session->tls) ? LEAF_MS : LEAF_WAIT_MS;
    case RELAY_TLS_CLIENT: return CLIENT_MS;
    case RELAY_TLS_SERVER_DUE:
    case RELAY_TLS_SERVER:
    case RELAY_TLS_VERIFIED:
    case RELAY_TLS_REDIAL:
    case RELAY_TLS_DONE: return session->listener->connect_timeout_ms;
    case RELAY_TLS_RECONNECT: break;
    }
    return 0;
}

/* A client that sends nothing on a port for TLS may be waiting for a greeting, so it counts as a client
 * without TLS. */
bool relay_tls_timed_out(struct relay_session *session)
{
    if (!session->tls)
        return false;
    switch (session->tls->step) {
    case RELAY_TLS_HELLO:
        relay_tls_fail(session, conn_input(&session->client).n ? ERR_CLIENT_TLS_FAILED : ERR_CLIENT_NOT_TLS);
        return true;
    case RELAY_TLS_LEAF: relay_tls_fail(session, ERR_SIGNER_FAILED); return true;
    case RELAY_TLS_CLIENT: relay_tls_fail(session, ERR_CLIENT_TLS_FAILED); return true;
    case RELAY_TLS_SERVER: relay_tls_fail(session, ERR_SERVER_TIMEOUT); return true;
    case RELAY_TLS_SERVER_DUE:
    case RELAY_TLS_VERIFIED:
    case RELAY_TLS_REDIAL:
    case RELAY_TLS_RECONNECT:
    case RELAY_TLS_DONE: break;
    }
    return false;
}
