#include "x509/server_trust.h"

#include "sys/whole_file.h"
#include "x509/self_handshake.h"
#include "x509/server_policy.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

struct server_trust {
    const struct conf_tls *conf;
    X509_STORE *store;
    SSL_CTX *context;
    struct server_sessions *sessions;
    unsigned roots, crls;
};

static bool fail(struct buf *error, const char *path, const char *what)
{
    buf_add_format(error, "%s: %s", path, what);
    return false;
}

static int no_password(char *buffer, int size, int is_writing, void *context)
{
    return 0;
}

/* Adds a certificate or a revocation list. Returns false for anything else, such as a private key. It is
 * probably in the file by mistake, so it must not be ignored. */
static bool add_one(struct server_trust *trust, const X509_INFO *info)
{
    if (info->x509 && X509_STORE_add_cert(trust->store, info->x509) == 1)
        trust->roots++;
    if (info->crl && X509_STORE_add_crl(trust->store, info->crl) == 1)
        trust->crls++;
    return info->x509 || info->crl;
}

static bool add_pem(struct server_trust *trust, struct span bytes)
{
    BIO *bio = BIO_new_mem_buf(bytes.p, (int)bytes.n);
    STACK_OF(X509_INFO) *all = PEM_X509_INFO_read_bio(bio, NULL, no_password, NULL);
    bool ok = all && sk_X509_INFO_num(all) > 0;

    for (int i = 0; ok && i < sk_X509_INFO_num(all); i++)
        ok = add_one(trust, sk_X509_INFO_value(all, i));
    sk_X509_INFO_pop_free(all, X509_INFO_free);
    BIO_free(bio);
    ERR_clear_error();
    return ok;
}

static bool add_der(struct server_trust *trust, struct span bytes)
{
    const unsigned char *certificate_at = (const unsigned char *)bytes.p, *crl_at = certificate_at;
    X509_INFO info = {.x509 = d2i_X509(NULL, &certificate_at, (long)bytes.n),
                      .crl = d2i_X509_CRL(NULL, &crl_at, (long)bytes.n)};
    bool ok = add_one(trust, &info);

    X509_free(info.x509);
    X509_CRL_free(info.crl);
    ERR_clear_error();
    return ok;
}

static bool load_file(struct server_trust *trust, const char *path, struct buf *error)
{
    struct buf bytes = {0}, reason = {0};
    bool is_read = whole_file_read(path, SERVER_TRUST_FILE_MAX, &bytes, &reason);
    bool ok = is_read && (add_pem(trust, buf_span(&bytes)) || add_der(trust, buf_span(&bytes)));

    if (!ok)
        fail(error, path, is_read ? "neither certificates nor revocation lists" : buf_c_str(&reason));
    buf_fini(&reason);
    buf_fini(&bytes);
    return ok;
}

static bool load_files(struct server_trust *trust, const char *directory, const char *suffix,
                       struct buf *error)
{
    struct buf paths = {0}, reason = {0};
    bool ok =
        whole_file_list(directory, suffix, &paths, &reason) || fail(error, directory, buf_c_str(&reason));

    for (size_t at = 0; ok && at < paths.n; at += strlen(paths.p + at) + 1)
        ok = load_file(trust, paths.p + at, error);
    buf_fini(&reason);
    buf_fini(&paths);
    return ok;
}

static bool load(struct server_trust *trust, struct buf *error)
{
    const struct conf_tls *conf = trust->conf;

    if (!load_file(trust, conf->trust, error))
        return false;
    if (*conf->extra_trust && (!load_files(trust, conf->extra_trust, ".pem", error) ||
                               !load_files(trust, conf->extra_trust, ".crt", error)))
        return false;
    if (*conf->crl &&
        (!load_files(trust, conf->crl, ".pem", error) || !load_files(trust, conf->crl, ".crl", error)))
        return false;
    return trust->roots > 0 || fail(error, conf->trust, "no certificates");
}

/* doc/TLS.md has the reason for each of these settings. */
static void set_verification(struct server_trust *trust)
{
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(trust->context);

    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_POLICY_CHECK);
    /* If an authority requires a policy, any one suffices. Without this setting OpenSSL would accept none. */
    X509_VERIFY_PARAM_add0_policy(param, OBJ_nid2obj(NID_any_policy));
    if (trust->crls)
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    X509_VERIFY_PARAM_set_depth(param, SERVER_TRUST_DEPTH_MAX);
    SSL_CTX_set_max_cert_list(trust->context, SERVER_TRUST_LIST_MAX);
    server_policy_set(trust->store);
    SSL_CTX_set1_cert_store(trust->context, trust->store);
    SSL_CTX_set_verify(trust->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_tlsext_status_type(trust->context, TLSEXT_STATUSTYPE_ocsp);
}

static void make_context(struct server_trust *trust)
{
    trust->context = SSL_CTX_new(TLS_client_method());
    if (!trust->context)
        mem_exhausted();
    SSL_CTX_set_app_data(trust->context, (char *)trust);
    SSL_CTX_set_min_proto_version(trust->context, TLS1_2_VERSION);
    SSL_CTX_set_security_level(trust->context, 2);
    SSL_CTX_set_options(trust->context,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(trust->context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                         SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(trust->context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    set_verification(trust);
}

struct server_trust *server_trust_new(const struct conf_tls *conf, struct buf *error)
{
    struct server_trust *trust = mem_alloc_zero(sizeof *trust);

    tzset(); /* OpenSSL converts times, and the C library then reads /etc/localtime once */
    trust->conf = conf;
    trust->store = X509_STORE_new();
    trust->sessions = server_sessions_new();
    if (!trust->store)
        mem_exhausted();
    if (load(trust, error))
        make_context(trust);
    if (trust->context && !self_handshake(trust->context)) {
        buf_add(error, SPAN("OpenSSL on this host cannot make a TLS connection with itself"));
        SSL_CTX_free(trust->context);
        trust->context = NULL;
    }
    if (!trust->context)
        server_trust_free(&trust);
    return trust;
}

void server_trust_free(struct server_trust **trust)
{
    if (!*trust)
        return;
    SSL_CTX_free((*trust)->context);
    X509_STORE_free((*trust)->store);
    server_sessions_free(&(*trust)->sessions);
    free(*trust);
    *trust = NULL;
}

SSL_CTX *server_trust_context(const struct server_trust *trust)
{
    return trust->context;
}

X509_STORE *server_trust_store(const struct server_trust *trust)
{
    return trust->store;
}

struct server_sessions *server_trust_sessions(const struct server_trust *trust)
{
    return trust->sessions;
}

const struct conf_tls *server_trust_conf(const struct server_trust *trust)
{
    return trust->conf;
}

const struct server_trust *server_trust_of(const SSL *ssl)
{
    return (const void *)SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

unsigned server_trust_root_count(const struct server_trust *trust)
{
    return trust->roots;
}

unsigned server_trust_crl_count(const struct server_trust *trust)
{
    return trust->crls;
}
