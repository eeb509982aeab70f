#include "proc/relay/relay_tls.h"

#include <openssl/err.h>

/* The ciphers of Mozilla's list "intermediate" that a certificate with a P-256 key can use. */
static const char ciphers[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
                              "ECDHE-ECDSA-CHACHA20-POLY1305";
static const char groups[] = "X25519:P-256:P-384";

/* Chooses the protocol (ALPN) that the server has chosen, if the client offers it. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *size,
                           const unsigned char *offered, unsigned offered_size, void *context)
{
    const struct relay_session *session = SSL_get_app_data(ssl);
    const SSL *server = conn_tls_of(&session->server);
    const unsigned char *chosen = NULL;
    unsigned n = 0;

    if (server)
        SSL_get0_alpn_selected(server, &chosen, &n);
    for (unsigned at = 0; n > 0 && at < offered_size; at += offered[at] + 1u) {
        if (offered[at] != n || at + 1 + n > offered_size || memcmp(offered + at + 1, chosen, n) != 0)
            continue;
        *out = offered + at + 1;
        *size = (unsigned char)n;
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

/* Sessions of clients are resumed by tickets, so the relay stores nothing for them. */
SSL_CTX *relay_tls_client_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) ||
        !SSL_CTX_set_cipher_list(context, ciphers) || !SSL_CTX_set1_groups_list(context, groups))
        mem_exhausted();
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return context;
}

/* A ticket is valid only for the certificate with which it was given. So a client that resumes its session
 * has already accepted the certificate. */
void relay_tls_client_start(struct relay_session *session)
{
    struct relay_tls_shared *shared = session->relay->tls;
    struct relay_tls *tls = session->tls;
    SSL *ssl = SSL_new(shared->for_clients);
    struct buf hello = {0};

    if (!ssl || !SSL_use_certificate(ssl, tls->leaf->certificate) ||
        !SSL_use_PrivateKey(ssl, shared->leaf_key) ||
        !SSL_set_session_id_context(ssl, tls->leaf->fingerprint.bytes, sizeof tls->leaf->fingerprint.bytes))
        mem_exhausted();
    SSL_set_app_data(ssl, session);
    SSL_set_accept_state(ssl);
    if (tls->decision.action == TLS_ACT_EXPLAIN)
        SSL_set_options(ssl, SSL_OP_NO_TICKET);
    tls->step = RELAY_TLS_CLIENT;
    session->timers.is_wait_new = true;
    buf_add(&hello, conn_input(&session->client));
    conn_take(&session->client, hello.n);
    conn_tls_start(&session->client, ssl, buf_span(&hello));
    buf_fini(&hello);
}

static int alert_of(enum err why)
{
    switch (why) {
    case ERR_SERVER_EXPIRED: return tls_policy_alert(TLS_EXPIRED);
    case ERR_SERVER_NOT_YET_VALID: return tls_policy_alert(TLS_NOT_YET_VALID);
    case ERR_SERVER_NAME: return tls_policy_alert(TLS_NAME);
    case ERR_SERVER_UNTRUSTED: return tls_policy_alert(TLS_UNTRUSTED);
    case ERR_SERVER_REVOKED: return tls_policy_alert(TLS_REVOKED);
    case ERR_SERVER_WEAK: return tls_policy_alert(TLS_WEAK);
    case ERR_SERVER_MISUSED: return tls_policy_alert(TLS_MISUSED);
    case ERR_CLIENT_TLS_OLD: return SSL_AD_PROTOCOL_VERSION;
    case ERR_CLIENT_NO_SNI: return SSL_AD_UNRECOGNIZED_NAME;
    case ERR_CLIENT_TLS_FAILED: return SSL_AD_DECODE_ERROR;
    default: return SSL_AD_INTERNAL_ERROR;
    }
}

/* RFC 8446, 5.1 and 6: a record of type alert, version 3.3, length 2, with the level fatal and the alert. */
static void write_alert(struct relay_session *session, int alert)
{
    char record[] = {21, 3, 3, 0, 2, 2, (char)alert};

    conn_write(&session->client, (struct span){record, sizeof record});
}

/* A client that does not use TLS on a port for TLS gets a text of its protocol. Other clients get an alert.
 */
void relay_tls_client_refuse(struct relay_session *session, enum err why)
{
    struct buf text = {0};

    conn_take(&session->client, conn_input(&session->client).n);
    if (why == ERR_CLIENT_NOT_TLS && !session->tls->is_stls) {
        session->protocol->refuse(why, &text);
        conn_write(&session->client, buf_span(&text));
        buf_fini(&text);
    } else {
        write_alert(session, alert_of(why));
    }
}

/* Alerts by which clients reject a certificate. RFC 8446, 6.2 */
static bool is_rejection(int alert)
{
    return (alert >= SSL_AD_BAD_CERTIFICATE && alert <= SSL_AD_CERTIFICATE_UNKNOWN) ||
           alert == SSL_AD_UNKNOWN_CA;
}

enum err relay_tls_client_fault(const struct relay_session *session)
{
    return is_rejection(conn_tls_alert(&session->client)) ? ERR_CLIENT_TLS_REJECTED : ERR_CLIENT_TLS_FAILED;
}
