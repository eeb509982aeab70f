#include "x509/server_judgement.h"

#include "base/network.h"
#include "tls/tls_names.h"
#include "x509/server_names.h"
#include "x509/server_staple.h"
#include "x509/server_trust.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

/* What is known of a connection; attached to its SSL, and freed with it. */
struct record {
    struct server_session_key key;
    bool has_name, is_good;
    bool wants_client_certificate;
    unsigned error_count;
    int errors[SERVER_JUDGEMENT_ERRORS_MAX];
    unsigned faults;
};

static void free_record(void *parent, void *record, CRYPTO_EX_DATA *data, int index, long number,
                        void *pointer)
{
    free(record);
}

static int record_index(void)
{
    static int index = -1;

    if (index < 0)
        index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_record);
    return index;
}

static struct record *record_of(const SSL *ssl)
{
    return SSL_get_ex_data(ssl, record_index());
}

enum tls_fault server_judgement_fault(int error)
{
    switch (error) {
    case X509_V_OK:
    /* A revocation list that is missing, out of date or malformed is no fault of the server. */
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR: return TLS_OK;
    case X509_V_ERR_CERT_HAS_EXPIRED: return TLS_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID: return TLS_NOT_YET_VALID;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return TLS_NAME;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED:
    case X509_V_ERR_SUBJECT_ISSUER_MISMATCH:
    case X509_V_ERR_AKID_SKID_MISMATCH:
    case X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH: return TLS_UNTRUSTED;
    case X509_V_ERR_CERT_REVOKED:
    case X509_V_ERR_OCSP_VERIFY_NEEDED:
    case X509_V_ERR_OCSP_VERIFY_FAILED:
    case X509_V_ERR_OCSP_CERT_UNKNOWN: return TLS_REVOKED;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK: return TLS_WEAK;
    default: return TLS_MISUSED;
    }
}

static void add_error(struct record *record, int error)
{
    record->faults |= tls_fault_bit(server_judgement_fault(error));
    for (unsigned i = 0; i < record->error_count; i++)
        if (record->errors[i] == error)
            return;
    if (error != X509_V_OK && record->error_count < SERVER_JUDGEMENT_ERRORS_MAX)
        record->errors[record->error_count++] = error;
}

/* Lets the verification go on after each error, so that all errors are found. Clears an error that is no
 * fault of the server, because OpenSSL stores the last error in the session. */
static int collect(int ok, X509_STORE_CTX *context)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
    int error = X509_STORE_CTX_get_error(context);

    if (ok)
        return 1;
    add_error(record_of(ssl), error);
    if (server_judgement_fault(error) == TLS_OK)
        X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
}

/* Called when the server requests a certificate of the client. The result -1 suspends the handshake. */
static int refuse_client_certificate(SSL *ssl, void *record)
{
    ((struct record *)record)->wants_client_certificate = true;
    return -1;
}

/* Called by OpenSSL for each new session. With TLS 1.2, that is during the handshake, when is_good is not set
 * yet; settle_session then keeps the session later. With TLS 1.3, that is for each ticket, usually after the
 * judgement. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    const struct record *record = record_of(ssl);

    if (record && record->is_good)
        server_sessions_put(server_trust_sessions(server_trust_of(ssl)), &record->key, session);
    return 0;
}

static void set_address(SSL *ssl, const union inet_address *address)
{
    bool is_ipv6 = address->any.sa_family == AF_INET6;

    X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl),
                              is_ipv6 ? (const unsigned char *)&address->in6.sin6_addr
                                      : (const unsigned char *)&address->in.sin_addr,
                              is_ipv6 ? sizeof address->in6.sin6_addr : sizeof address->in.sin_addr);
}

static void set_name(SSL *ssl, struct record *record, struct span wanted)
{
    union inet_address address;

    if (tls_name_is_host(wanted)) {
        SSL_set_tlsext_host_name(ssl, record->key.name);
        SSL_set1_host(ssl, record->key.name);
    } else if (network_read_address(wanted, &address)) {
        set_address(ssl, &address);
    } else {
        add_error(record, X509_V_ERR_HOSTNAME_MISMATCH);
    }
    record->has_name = true;
}

/* The connection gets a copy of the session. If a connection is freed without a shutdown, its session cannot
 * be resumed again. */
static void offer_session(SSL *ssl, const struct record *record)
{
    SSL_SESSION *session =
        server_sessions_get(server_trust_sessions(server_trust_of(ssl)), &record->key, (int64_t)time(NULL));
    SSL_SESSION *copy = session ? SSL_SESSION_dup(session) : NULL;

    if (copy)
        SSL_set_session(ssl, copy);
    SSL_SESSION_free(copy);
}

void server_judgement_begin(SSL *ssl, struct server_judgement *j, const char *wanted,
                            const union inet_address *server)
{
    struct span name = tls_name_without_dot(span_of(wanted ? wanted : ""));
    struct record *record = mem_alloc_zero(sizeof *record);
    char *text = mem_copy_string(span_first(name, TLS_NAME_MAX));

    memset(j, 0, sizeof *j);
    free(record_of(ssl));
    SSL_set_ex_data(ssl, record_index(), record);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, collect);
    SSL_set_cert_cb(ssl, refuse_client_certificate, record);
    SSL_CTX_sess_set_new_cb(SSL_get_SSL_CTX(ssl), keep_session);
    server_session_key_set(&record->key, server, text);
    if (name.n)
        set_name(ssl, record, name);
    offer_session(ssl, record);
    free(text);
}

/* Finds wrong uses of a certificate that OpenSSL accepts. For example, with ECDHE it does not check whether
 * the key may sign. is_root: the certificate is itself trusted. Then it may be one of an authority, because
 * self-signed certificates of single servers are usually made as such. */
static void check_use(struct record *record, X509 *leaf, bool is_root)
{
    uint32_t flags = X509_get_extension_flags(leaf);
    uint32_t usage = flags & EXFLAG_KUSAGE ? X509_get_key_usage(leaf) : KU_DIGITAL_SIGNATURE;

    if (flags & EXFLAG_INVALID) /* an extension is malformed, or there twice */
        add_error(record, X509_V_ERR_INVALID_EXTENSION);
    if (!(usage & KU_DIGITAL_SIGNATURE))
        add_error(record, X509_V_ERR_INVALID_PURPOSE);
    if ((flags & EXFLAG_CA) && !is_root)
        add_error(record, X509_V_ERR_INVALID_PURPOSE);
    /* RFC 5280, 4.2.1.3 and 4.2.1.9 */
    if (!(flags & EXFLAG_CA) && (usage & KU_KEY_CERT_SIGN) && !is_root)
        add_error(record, X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA);
    if (!(flags & EXFLAG_CA) && X509_get_pathlen(leaf) >= 0 && !is_root)
        add_error(record, X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA);
}

static void check_staple(SSL *ssl, struct record *record, STACK_OF(X509) * chain)
{
    const unsigned char *response = NULL;
    long size = SSL_get_tlsext_status_ocsp_resp(ssl, &response);
    struct span staple = {(const char *)response, response && size > 0 ? (size_t)size : 0};

    add_error(record, server_staple_check(staple, chain, server_trust_store(server_trust_of(ssl))));
}

static void check_new(SSL *ssl, struct record *record, X509 *leaf)
{
    STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
    bool is_trusted = !(record->faults & tls_fault_bit(TLS_UNTRUSTED));

    check_use(record, leaf, is_trusted && sk_X509_num(chain) == 1);
    if (is_trusted && sk_X509_num(chain) > 0)
        check_staple(ssl, record, chain);
    else if (is_trusted)
        add_error(record, X509_V_ERR_UNSPECIFIED);
}

/* A session is resumed only for the same name, and only with the trust that verified it. The checks here are
 * a second protection. */
static void check_resumed(SSL *ssl, struct record *record, X509 *leaf)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    const char *host = record->key.name;

    add_error(record, (int)SSL_get_verify_result(ssl));
    if (X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0)
        add_error(record, X509_V_ERR_CERT_HAS_EXPIRED);
    if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0)
        add_error(record, X509_V_ERR_CERT_NOT_YET_VALID);
    if (tls_name_is_host(span_of(host)) &&
        X509_check_host(leaf, host, 0, X509_VERIFY_PARAM_get_hostflags(param), NULL) != 1)
        add_error(record, X509_V_ERR_HOSTNAME_MISMATCH);
    if (*host && !tls_name_is_host(span_of(host)) && X509_check_ip_asc(leaf, host, 0) != 1)
        add_error(record, X509_V_ERR_IP_ADDRESS_MISMATCH);
}

static bool is_weak(int reason)
{
    switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
    case SSL_R_TLSV1_ALERT_INTERNAL_ERROR: /* OpenSSL sends it if its security level forbids the version */
    case SSL_R_WRONG_SIGNATURE_TYPE:
    case SSL_R_WRONG_CIPHER_RETURNED:
    case SSL_R_UNKNOWN_CIPHER_RETURNED:
    case SSL_R_DH_KEY_TOO_SMALL:
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_CA_MD_TOO_WEAK:
    case SSL_R_BAD_ECPOINT:
    case SSL_R_WRONG_CURVE:
    case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED: return true;
    default: return false;
    }
}

/* Adds a fault if the handshake failed because of weak cryptography, or of a malformed certificate or
 * signature. Other failures, such as a server that does not speak TLS, add none. */
static void judge_failure(struct server_judgement *j, struct record *record)
{
    for (unsigned long error; (error = ERR_get_error()) != 0;) {
        int library = ERR_GET_LIB(error), reason = ERR_GET_REASON(error);

        if (!j->failure)
            j->failure = error;
        if (library == ERR_LIB_SSL && is_weak(reason))
            record->faults |= tls_fault_bit(TLS_WEAK);
        else if (library == ERR_LIB_ASN1 || library == ERR_LIB_X509 || library == ERR_LIB_X509V3 ||
                 (library == ERR_LIB_SSL &&
                  (reason == SSL_R_EXCESSIVE_MESSAGE_SIZE || reason == SSL_R_CERT_LENGTH_MISMATCH ||
                   reason == SSL_R_BAD_SIGNATURE || reason == SSL_R_UNKNOWN_CERTIFICATE_TYPE ||
                   reason == SSL_R_UNABLE_TO_FIND_PUBLIC_KEY_PARAMETERS)))
            record->faults |= tls_fault_bit(TLS_MISUSED);
    }
}

/* If no name was given, compares the certificate with the server's address and with [tls] bypass. */
static void look_for_other_names(SSL *ssl, struct server_judgement *j, struct record *record, X509 *leaf)
{
    const union inet_address *server = &record->key.server;

    if (record->has_name)
        return;
    record->has_name = server_names_have_address(leaf, server);
    j->is_bypassed = record->faults == 0 &&
                     server_names_are_bypassed(leaf, server_trust_conf(server_trust_of(ssl))->bypass);
}

static void judge(SSL *ssl, struct server_judgement *j, struct record *record, X509 *leaf)
{
    unsigned size = 0;

    j->has_certificate = X509_digest(leaf, EVP_sha256(), j->fingerprint, &size) == 1;
    j->is_resumed = SSL_session_reused(ssl);
    if (!j->is_complete)
        return;
    if (j->is_resumed)
        check_resumed(ssl, record, leaf);
    else
        check_new(ssl, record, leaf);
    look_for_other_names(ssl, j, record, leaf);
}

/* Keeps the session if the certificate is good. Otherwise forgets an older session of this server, so that it
 * is not tried again. */
static void settle_session(SSL *ssl, struct server_judgement *j, struct record *record)
{
    struct server_sessions *sessions = server_trust_sessions(server_trust_of(ssl));

    record->is_good = j->is_complete && j->faults == 0;
    if (!record->is_good)
        server_sessions_remove(sessions, &record->key);
    else if (!j->is_resumed)
        server_sessions_put(sessions, &record->key, SSL_get0_session(ssl));
}

void server_judgement_end(SSL *ssl, struct server_judgement *j)
{
    struct record *record = record_of(ssl);
    X509 *leaf = SSL_get0_peer_certificate(ssl);

    memset(j, 0, sizeof *j);
    j->is_complete = SSL_is_init_finished(ssl);
    if (!j->is_complete)
        judge_failure(j, record);
    if (leaf)
        judge(ssl, j, record, leaf);
    else if (j->is_complete)
        add_error(record, X509_V_ERR_UNSPECIFIED); /* no certificate at all */
    ERR_clear_error();
    j->faults = record->faults;
    j->has_name = record->has_name;
    j->wants_client_certificate = record->wants_client_certificate;
    j->error_count = record->error_count;
    memcpy(j->errors, record->errors, sizeof j->errors);
    settle_session(ssl, j, record);
}
