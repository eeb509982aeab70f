/* The steps of TLS in a session:
 *
 *   A connection that begins with TLS: HELLO, SERVER, LEAF, CLIENT, DONE.
 *   STLS: SERVER_DUE, SERVER, VERIFIED; the client gets +OK; HELLO, LEAF, CLIENT, DONE.
 *   STLS, if the certificate is not for the name in the client's hello: after HELLO come REDIAL, RECONNECT,
 * SERVER_DUE and SERVER with that name; then LEAF, CLIENT, DONE.
 *   A session that is passed unread, but has used TLS with the server: REDIAL; after STLS also RECONNECT,
 * SERVER_DUE and, if the client has no +OK yet, VERIFIED.
 *
 * Events of the connections set the next step. relay_tls_pump takes the steps that wait for no event. */

#include "proc/relay/relay_tls.h"

#include <stdlib.h>

static void make(struct relay_session *session, enum relay_tls_step step)
{
    session->tls = mem_alloc_zero(sizeof *session->tls);
    session->tls->session = session;
    session->tls->step = step;
    session->tls->begun_ms = relay_now_ms();
}

void relay_tls_free(struct relay_session *session)
{
    if (session->tls)
        relay_tls_leaf_abandon(session->tls);
    free(session->tls);
    session->tls = NULL;
}

void relay_tls_enter(struct relay_session *session, enum relay_tls_step step)
{
    session->tls->step = step;
    session->timers.is_wait_new = true;
}

void relay_tls_fail(struct relay_session *session, enum err why)
{
    session->protocol->expired(session->state, why);
}

void relay_tls_begin(struct relay_session *session)
{
    make(session, RELAY_TLS_HELLO);
    session->tls->is_client_due = true;
}

bool relay_tls_start(struct relay_session *session, enum leg leg)
{
    if (leg == LEG_CLIENT) {
        if (conn_has_input(&session->client))
            return false;
        relay_tls_enter(session, RELAY_TLS_HELLO);
    } else if (session->tls) {
        relay_tls_enter(session, RELAY_TLS_SERVER_DUE);
    } else {
        make(session, RELAY_TLS_SERVER_DUE);
        session->tls->is_stls = true;
    }
    return true;
}

/* From now on bytes pass unread. The hello of the client is still in its input, so the server receives it. */
static void splice(struct relay_session *session)
{
    session->is_tunnel = true;
    session_stats_count(session->relay->start->stats, session->protocol->id, SESSION_STATS_UNSCANNED);
    relay_tls_log_bypass(session, session->tls->bypass);
    relay_tls_free(session);
}

static void redial(struct relay_session *session)
{
    session->tls->has_redialled = true;
    relay_tls_enter(session, RELAY_TLS_REDIAL);
    relay_ready_add_reply(session);
}

/* If the server's leg has begun TLS, the client's hello cannot be passed on by it. So another connection is
 * made. */
void relay_tls_pass_unread(struct relay_session *session, enum relay_tls_bypass why)
{
    session->tls->bypass = why;
    if (session->tls->is_stls || conn_tls_of(&session->server))
        redial(session);
    else
        splice(session);
}

bool relay_tls_wants_redial(const struct relay_session *session)
{
    return session->tls && session->tls->step == RELAY_TLS_REDIAL;
}

void relay_tls_redialled(struct relay_session *session)
{
    if (!session->tls->is_stls) {
        splice(session);
        return;
    }
    relay_tls_enter(session, RELAY_TLS_RECONNECT);
    session->protocol->reconnected(session->state);
}

/* Bytes that follow the server's consent to STLS, but precede TLS, may have been inserted by somebody else.
 * So they end the session. */
static bool take_server_due(struct relay_session *session)
{
    struct relay_tls *tls = session->tls;

    if (conn_has_input(&session->server)) {
        conn_drop_input(&session->server);
        relay_tls_fail(session, ERR_SERVER_TLS_EARLY);
        return false;
    }
    if (tls->has_redialled && tls->bypass != RELAY_TLS_INTERCEPTED) {
        if (tls->is_client_due)
            splice(session);
        else
            relay_tls_enter(session, RELAY_TLS_VERIFIED);
        return true;
    }
    tls->bypass = relay_tls_find_bypass(session);
    if (tls->bypass == RELAY_TLS_INTERCEPTED)
        relay_tls_server_start(session);
    else
        relay_tls_enter(session, RELAY_TLS_VERIFIED);
    return true;
}

static void request_leaf(struct relay_session *session)
{
    struct leaf_request request;

    if (!relay_tls_server_request(session, &request)) {
        relay_tls_fail(session, ERR_SERVER_MISUSED);
        return;
    }
    relay_tls_enter(session, RELAY_TLS_LEAF);
    relay_tls_leaf_get(session, &request);
}

/* Acts on the judgement. To explain an error, the relay needs TLS with the client. Before the client's hello
 * (STLS), the protocol sends the error in place of +OK. */
void relay_tls_act(struct relay_session *session)
{
    struct relay_tls *tls = session->tls;
    bool explains = tls->decision.action == TLS_ACT_EXPLAIN && tls->has_hello;

    if (!tls->has_hello && tls->why == ERR_NONE)
        relay_tls_enter(session, RELAY_TLS_VERIFIED);
    else if (tls->decision.action == TLS_ACT_BYPASS)
        relay_tls_pass_unread(session,
                              tls->decision.fault == TLS_OK ? RELAY_TLS_NO_SNI : RELAY_TLS_BAD_CERTIFICATE);
    else if (tls->judgement.is_bypassed && !tls->hello.has_sni)
        relay_tls_pass_unread(session, RELAY_TLS_CONFIGURED);
    else if (tls->why != ERR_NONE && !explains)
        relay_tls_fail(session, tls->why);
    else
        request_leaf(session);
}

/* After STLS, the server was verified before the client named it. If its certificate is not for that name,
 * the server is asked again, by that name. */
static void check_name(struct relay_session *session)
{
    struct relay_tls *tls = session->tls;

    if (tls->hello.has_sni && !tls->has_redialled && !relay_tls_server_has_name(session)) {
        redial(session);
        return;
    }
    relay_tls_server_decide(session);
    relay_tls_act(session);
}

/* Returns whether the client can be intercepted. If not, passes the session unread, or ends it. */
static bool is_client_acceptable(struct relay_session *session)
{
    const struct conf_tls *conf = &session->relay->conf->tls;
    const struct tls_hello *hello = &session->tls->hello;

    if (hello->version_max < TLS_VERSION_1_2 || !hello->offers_ecdsa_p256) {
        if (conf->old_client == TLS_INSTEAD_BYPASS)
            relay_tls_pass_unread(session, RELAY_TLS_OLD_CLIENT);
        else
            relay_tls_fail(session, ERR_CLIENT_TLS_OLD);
        return false;
    }
    return true;
}

static void decide(struct relay_session *session)
{
    enum relay_tls_bypass why;

    session->tls->has_hello = true;
    why = relay_tls_find_bypass(session);
    if (why != RELAY_TLS_INTERCEPTED)
        relay_tls_pass_unread(session, why);
    else if (!is_client_acceptable(session))
        return;
    else if (session->tls->is_stls)
        check_name(session);
    else
        relay_tls_server_start(session);
}

static bool take_hello(struct relay_session *session)
{
    struct relay_tls *tls = session->tls;

    if (tls->bypass != RELAY_TLS_INTERCEPTED) {
        splice(session);
        return true;
    }
    switch (tls_hello_parse(conn_input(&session->client), &tls->hello)) {
    case TLS_HELLO_MORE: return false;
    case TLS_HELLO_COMPLETE: decide(session); break;
    case TLS_HELLO_NOT_TLS: relay_tls_fail(session, ERR_CLIENT_NOT_TLS); break;
    case TLS_HELLO_MALFORMED: relay_tls_fail(session, ERR_CLIENT_TLS_FAILED); break;
    }
    return true;
}

static bool take_leaf(struct relay_session *session)
{
    struct relay_tls *tls = session->tls;

    if (tls->is_leaf_refused)
        relay_tls_fail(session, ERR_SIGNER_FAILED);
    else if (tls->leaf && session->relay->tls->leaf_key)
        relay_tls_client_start(session);
    else
        return false;
    return true;
}

/* The protocol then sends +OK, and calls start_tls for the client's leg. */
static bool report_verified(struct relay_session *session)
{
    session->protocol->tls_started(session->state, LEG_SERVER);
    if (session->tls)
        session->tls->is_client_due = true;
    return true;
}

/* Both legs are ready. If there is an error to explain, the client receives the explanation, and the session
 * ends. */
static bool report_done(struct relay_session *session)
{
    enum err why = session->tls->why;

    session->is_tls = true;
    session->is_server_valid = session->tls->judgement.faults == 0;
    session_stats_count(session->relay->start->stats, session->protocol->id, SESSION_STATS_TLS_INTERCEPTED);
    relay_tls_log_client(session);
    relay_tls_free(session);
    session->protocol->tls_started(session->state, LEG_CLIENT);
    if (why != ERR_NONE)
        relay_tls_fail(session, why);
    return true;
}

bool relay_tls_pump(struct relay_session *session)
{
    if (!session->tls)
        return false;
    if (session->client.at_end && session->tls->step != RELAY_TLS_DONE) {
        relay_tls_fail(session, ERR_CLIENT_GONE);
        return false;
    }
    switch (session->tls->step) {
    case RELAY_TLS_SERVER_DUE: return take_server_due(session);
    case RELAY_TLS_VERIFIED: return report_verified(session);
    case RELAY_TLS_HELLO: return take_hello(session);
    case RELAY_TLS_LEAF: return take_leaf(session);
    case RELAY_TLS_DONE: return report_done(session);
    case RELAY_TLS_SERVER:
    case RELAY_TLS_REDIAL:
    case RELAY_TLS_RECONNECT:
    case RELAY_TLS_CLIENT: break;
    }
    return false;
}
