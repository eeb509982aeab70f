#include "proc/relay/relay_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <time.h>

/* Passes on the protocols that the client offers (ALPN). So the server's choice is one that the client knows.
 */
void relay_tls_server_start(struct relay_session *session)
{
    struct relay_tls *tls = session->tls;
    SSL *ssl = SSL_new(server_trust_context(session->relay->tls->trust));

    if (!ssl)
        mem_exhausted();
    server_judgement_begin(ssl, &tls->judgement, relay_tls_sni(tls), &session->server_address);
    if (tls->has_hello && tls->hello.alpn.n)
        SSL_set_alpn_protos(ssl, (const unsigned char *)tls->hello.alpn.p, (unsigned)tls->hello.alpn.n);
    SSL_set_connect_state(ssl);
    tls->step = RELAY_TLS_SERVER;
    session->timers.is_wait_new = true;
    conn_tls_start(&session->server, ssl, (struct span){0});
}

static enum err err_of(enum tls_fault fault)
{
    switch (fault) {
    case TLS_EXPIRED: return ERR_SERVER_EXPIRED;
    case TLS_NOT_YET_VALID: return ERR_SERVER_NOT_YET_VALID;
    case TLS_NAME: return ERR_SERVER_NAME;
    case TLS_UNTRUSTED: return ERR_SERVER_UNTRUSTED;
    case TLS_REVOKED: return ERR_SERVER_REVOKED;
    case TLS_WEAK: return ERR_SERVER_WEAK;
    case TLS_MISUSED: return ERR_SERVER_MISUSED;
    case TLS_OK:
    case TLS_FAULTS: break;
    }
    return ERR_CLIENT_NO_SNI;
}

/* After STLS, the hello of the client is not known yet. Then the decision assumes that it will name the
 * server. */
void relay_tls_server_decide(struct relay_session *session)
{
    struct relay_tls *tls = session->tls;
    bool has_name = !tls->has_hello || tls->hello.has_sni || tls->judgement.has_name;

    tls->decision = tls_policy_decide(&session->relay->conf->tls, tls->judgement.faults, has_name);
    tls->why = ERR_NONE;
    if (tls->decision.action == TLS_ACT_REFUSE || tls->decision.action == TLS_ACT_EXPLAIN)
        tls->why = err_of(tls->decision.fault);
}

void relay_tls_server_judge(struct relay_session *session)
{
    server_judgement_end(conn_tls_of(&session->server), &session->tls->judgement);
    relay_tls_server_decide(session);
}

bool relay_tls_server_has_name(const struct relay_session *session)
{
    X509 *certificate = SSL_get0_peer_certificate(conn_tls_of(&session->server));
    const char *sni = relay_tls_sni(session->tls);

    return certificate && sni &&
           X509_check_host(certificate, sni, strlen(sni),
                           X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
                           NULL) == 1;
}

/* Are the server's first bytes something other than TLS? */
static bool is_plain(int reason)
{
    return reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
           reason == SSL_R_PACKET_LENGTH_TOO_LONG || reason == SSL_R_RECORD_TOO_SMALL;
}

static bool is_old(int reason)
{
    return reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION ||
           reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE || reason == SSL_R_NO_PROTOCOLS_AVAILABLE ||
           reason == SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY;
}

static bool is_weak(int reason)
{
    return reason == SSL_R_DH_KEY_TOO_SMALL || reason == SSL_R_EE_KEY_TOO_SMALL ||
           reason == SSL_R_BAD_ECPOINT || reason == SSL_R_WRONG_SIGNATURE_TYPE ||
           reason == SSL_R_WRONG_CURVE || reason == SSL_R_UNKNOWN_CIPHER_RETURNED ||
           reason == SSL_R_WRONG_CIPHER_RETURNED;
}

enum err relay_tls_server_fault(const struct relay_session *session, int error)
{
    int reason = ERR_GET_REASON(conn_tls_error(&session->server));

    if (error == ENOKEY)
        return ERR_NONE;
    if (error != EPROTO)
        return ERR_SERVER_TLS_FAILED;
    if (is_plain(reason))
        return ERR_SERVER_NOT_TLS;
    if (is_old(reason))
        return ERR_SERVER_TLS_OLD;
    if (is_weak(reason))
        return ERR_SERVER_WEAK;
    return session->tls->why != ERR_NONE && session->tls->judgement.faults ? session->tls->why
                                                                           : ERR_SERVER_TLS_FAILED;
}

/* The certificate for an explanation has the name that the client asks for. It must never be used in place of
 * an ordinary certificate for the same server. So its request has another fingerprint. */
static bool request_explanation(const struct relay_session *session, struct leaf_request *request)
{
    int64_t now = time(NULL);
    const char *sni = relay_tls_sni(session->tls);

    memset(request->names, 0, sizeof request->names);
    request->name_count = 0;
    request->names_size = 0;
    request->kind = LEAF_TRUSTED;
    for (size_t i = 0; i < sizeof request->fingerprint; i++)
        request->fingerprint[i] ^= 0xff;
    leaf_request_set_dates(request, now - 24 * 3600, now + 24 * 3600, now);
    return sni && leaf_request_add_name(request, span_of(sni));
}

bool relay_tls_server_request(struct relay_session *session, struct leaf_request *request)
{
    struct relay_tls *tls = session->tls;
    bool done =
        server_judgement_leaf_request(conn_tls_of(&session->server), &tls->judgement, time(NULL), request);

    return tls->decision.action == TLS_ACT_EXPLAIN ? request_explanation(session, request) : done;
}
