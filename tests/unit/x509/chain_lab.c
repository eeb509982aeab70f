#include "tests/unit/x509/chain_lab.h"

#include "base/address.h"
#include "base/network.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { HOUR_S = 3600 };

static const unsigned staples =
    LAB_STAPLE_GOOD | LAB_STAPLE_REVOKED | LAB_STAPLE_UNKNOWN | LAB_STAPLE_GARBAGE | LAB_STAPLE_LATER;

static void send_certificate(struct lab_made *made, X509 *certificate)
{
    lab_must(made->sent_count < LAB_CHAIN_MAX);
    X509_up_ref(certificate);
    made->sent[made->sent_count++] = certificate;
}

/* Makes the intermediate certificates, the last of which issues the leaf. */
static void make_intermediates(struct lab_made *made, const struct lab_chain *chain, X509 **all)
{
    static const struct lab_certificate good;

    for (unsigned i = 0; i <= chain->more_intermediates; i++) {
        /* The special one is the highest. */
        const struct lab_certificate *spec = i == 0 ? &chain->intermediate : &good;
        EVP_PKEY *key = lab_key(spec->key, LAB_SLOT_INTERMEDIATE + i);
        char cn[64];

        snprintf(cn, sizeof cn, "Lab intermediate %u", i);
        all[i] =
            lab_certificate_make(spec, cn, lab_intermediate_extensions, key, made->issuer, made->issuer_key);
        made->issuer = all[i];
        made->issuer_key = key;
    }
}

static void make_leaf(struct lab_made *made, const struct lab_chain *chain)
{
    made->leaf_key = lab_key(chain->leaf.key, LAB_SLOT_LEAF);
    if (chain->options & LAB_SELF_SIGNED) {
        made->leaf = lab_certificate_make(&chain->leaf, "pop.example.org", lab_leaf_extensions,
                                          made->leaf_key, NULL, made->leaf_key);
        return;
    }
    made->leaf = lab_certificate_make(&chain->leaf, "pop.example.org", lab_leaf_extensions, made->leaf_key,
                                      made->issuer, made->issuer_key);
    if (chain->options & LAB_LEAF_SIGNS) {
        struct lab_certificate good = {0};
        EVP_PKEY *key = lab_key(LAB_P256, LAB_SLOT_SECOND_LEAF);
        X509 *second = lab_certificate_make(&good, "pop.example.org", lab_leaf_extensions, key, made->leaf,
                                            made->leaf_key);

        send_certificate(made, second);
        send_certificate(made, made->leaf);
        X509_free(made->leaf);
        made->leaf = second;
        made->leaf_key = key;
    }
}

static void send_cross(struct lab_made *made, const struct lab_chain *chain)
{
    struct lab_certificate old = {.from_h = -9000, .to_h = -24};
    EVP_PKEY *old_key = lab_key(LAB_P256, LAB_SLOT_OLD_ROOT);
    X509 *old_root = lab_certificate_make(&old, "Lab old root", lab_root_extensions, old_key, NULL, old_key);
    X509 *cross = lab_certificate_make(&old, "Lab root", lab_intermediate_extensions,
                                       lab_key(chain->root.key, LAB_SLOT_ROOT), old_root, old_key);

    send_certificate(made, cross);
    send_certificate(made, old_root);
    X509_free(cross);
    X509_free(old_root);
}

static void send_strangers(struct lab_made *made, unsigned n)
{
    static const struct lab_certificate good;
    EVP_PKEY *key = lab_key(LAB_P256, LAB_SLOT_STRANGER);

    for (unsigned i = 0; i < n; i++) {
        char cn[64];
        X509 *stranger;

        snprintf(cn, sizeof cn, "Lab stranger %u", i);
        stranger = lab_certificate_make(&good, cn, lab_root_extensions, key, NULL, key);
        send_certificate(made, stranger);
        X509_free(stranger);
    }
}

static void reverse_after_first(struct lab_made *made)
{
    for (size_t i = 1, j = made->sent_count - 1; i < j; i++, j--) {
        X509 *swap = made->sent[i];

        made->sent[i] = made->sent[j];
        made->sent[j] = swap;
    }
}

static void send_all(struct lab_made *made, const struct lab_chain *chain, X509 **intermediates)
{
    if (made->sent_count == 0)
        send_certificate(made, made->leaf);
    for (unsigned i = chain->more_intermediates + 1; i-- > 0;)
        if (!(chain->options & (LAB_INTERMEDIATE_NOT_SENT | LAB_NO_INTERMEDIATE | LAB_SELF_SIGNED)))
            send_certificate(made, intermediates[i]);
    if (chain->options & LAB_ROOT_SENT)
        send_certificate(made, made->root);
    if (chain->options & LAB_CROSS_SENT)
        send_cross(made, chain);
    send_strangers(made, chain->strangers);
    if (chain->options & LAB_UNORDERED)
        reverse_after_first(made);
}

static X509 *trusted_of(const struct lab_made *made, const struct lab_chain *chain, X509 *intermediate)
{
    static const struct lab_certificate good;
    EVP_PKEY *key = lab_key(LAB_P256, LAB_SLOT_STRANGER);

    if (chain->options & LAB_FALSE_ROOT)
        return lab_certificate_make(&good, "Lab root", lab_root_extensions, key, NULL, key);
    if (chain->options & LAB_ROOT_NOT_TRUSTED)
        return lab_certificate_make(&good, "Lab other root", lab_root_extensions, key, NULL, key);
    if (chain->options & LAB_LEAF_TRUSTED)
        X509_up_ref(made->leaf);
    else if (chain->options & LAB_INTERMEDIATE_TRUSTED)
        X509_up_ref(intermediate);
    else
        X509_up_ref(made->root);
    return chain->options & LAB_LEAF_TRUSTED           ? made->leaf
           : chain->options & LAB_INTERMEDIATE_TRUSTED ? intermediate
                                                       : made->root;
}

static void write_trust(struct lab_made *made, X509 *trusted)
{
    static char none[] = "";
    FILE *file;

    snprintf(made->trust, sizeof made->trust, "%s/trust.pem", made->directory);
    file = fopen(made->trust, "w");
    lab_must(file && PEM_write_X509(file, trusted) == 1);
    fclose(file);
    made->conf.trust = made->trust;
    made->conf.extra_trust = made->conf.crl = made->conf.bypass = none;
}

static void write_crl(FILE *file, X509 *issuer, EVP_PKEY *key, X509 *revoked, bool is_expired)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *from = X509_gmtime_adj(NULL, -48 * HOUR_S),
              *to = X509_gmtime_adj(NULL, (is_expired ? -24 : 240) * HOUR_S);

    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer));
    X509_CRL_set1_lastUpdate(crl, from);
    X509_CRL_set1_nextUpdate(crl, to);
    if (revoked) {
        X509_REVOKED *entry = X509_REVOKED_new();

        X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked));
        X509_REVOKED_set_revocationDate(entry, from);
        X509_CRL_add0_revoked(crl, entry);
    }
    lab_must(X509_CRL_sort(crl) == 1 && X509_CRL_sign(crl, key, EVP_sha256()) > 0);
    lab_must(PEM_write_X509_CRL(file, crl) == 1);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    X509_CRL_free(crl);
}

static void write_crls(struct lab_made *made, const struct lab_chain *chain, X509 *intermediate)
{
    unsigned options = chain->options;
    bool is_expired = options & LAB_CRL_EXPIRED;
    FILE *file;

    if (!(options & (LAB_CRL | LAB_CRL_LEAF | LAB_CRL_INTERMEDIATE | LAB_CRL_STRANGER)))
        return;
    snprintf(made->crl, sizeof made->crl, "%s/lists.pem", made->directory);
    file = fopen(made->crl, "w");
    lab_must(file != NULL);
    if (options & LAB_CRL_STRANGER)
        write_crl(file, made->leaf, made->leaf_key, made->leaf, false);
    if (options & (LAB_CRL | LAB_CRL_LEAF))
        write_crl(file, made->issuer, made->issuer_key, options & LAB_CRL_LEAF ? made->leaf : NULL,
                  is_expired);
    if (options & (LAB_CRL | LAB_CRL_INTERMEDIATE) && made->issuer != made->root)
        write_crl(file, made->root, lab_key(chain->root.key, LAB_SLOT_ROOT),
                  options & LAB_CRL_INTERMEDIATE ? intermediate : NULL, is_expired);
    fclose(file);
    made->conf.crl = made->directory;
}

static OCSP_BASICRESP *make_basic(const struct lab_made *made, unsigned options)
{
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    X509 *about = options & LAB_STAPLE_OF_ANOTHER ? made->issuer : made->leaf;
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), about, made->issuer);
    int status = options & LAB_STAPLE_REVOKED   ? V_OCSP_CERTSTATUS_REVOKED
                 : options & LAB_STAPLE_UNKNOWN ? V_OCSP_CERTSTATUS_UNKNOWN
                                                : V_OCSP_CERTSTATUS_GOOD;
    ASN1_TIME *from = X509_gmtime_adj(NULL, -48 * HOUR_S),
              *to = X509_gmtime_adj(NULL, (options & LAB_STAPLE_EXPIRED ? -24 : 24) * HOUR_S);

    lab_must(OCSP_basic_add1_status(basic, id, status, 0, from, from, to) != NULL);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    OCSP_CERTID_free(id);
    return basic;
}

static X509 *make_responder(const struct lab_made *made, unsigned options)
{
    struct lab_certificate spec = {.extensions =
                                       "extendedKeyUsage=OCSPSigning|subjectAltName=|noCheck=ignored"};
    EVP_PKEY *key = lab_key(LAB_P256, LAB_SLOT_RESPONDER);
    bool is_stranger = options & LAB_STAPLE_BY_STRANGER;

    return lab_certificate_make(&spec, "Lab responder", lab_leaf_extensions, key,
                                is_stranger ? NULL : made->issuer, is_stranger ? key : made->issuer_key);
}

static void make_staple(struct lab_made *made, unsigned options)
{
    OCSP_BASICRESP *basic = NULL;
    OCSP_RESPONSE *response;
    unsigned char *der = NULL;
    int n;

    if (options & LAB_STAPLE_GARBAGE) {
        buf_add(&made->staple, SPAN("\x30\x03\x0a\x01"));
        return;
    }
    if (!(options & LAB_STAPLE_LATER)) {
        basic = make_basic(made, options);
        if (options & (LAB_STAPLE_BY_STRANGER | LAB_STAPLE_DELEGATED)) {
            X509 *responder = make_responder(made, options);

            lab_must(OCSP_basic_sign(basic, responder, lab_key(LAB_P256, LAB_SLOT_RESPONDER), EVP_sha256(),
                                     NULL, 0) == 1);
            X509_free(responder);
        } else {
            lab_must(OCSP_basic_sign(basic, made->issuer, made->issuer_key, EVP_sha256(), NULL,
                                     OCSP_NOCERTS) == 1);
        }
    }
    response =
        OCSP_response_create(basic ? OCSP_RESPONSE_STATUS_SUCCESSFUL : OCSP_RESPONSE_STATUS_TRYLATER, basic);
    n = i2d_OCSP_RESPONSE(response, &der);
    buf_add(&made->staple, (struct span){(const char *)der, (size_t)n});
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
}

void lab_make(struct lab_made *made, const struct lab_chain *chain)
{
    X509 *intermediates[LAB_INTERMEDIATES_MAX] = {0}, *trusted;
    bool has_intermediate = !(chain->options & LAB_NO_INTERMEDIATE);

    *made = (struct lab_made){.directory = "/tmp/postern-chain-XXXXXX"};
    lab_must(mkdtemp(made->directory) != NULL);
    made->issuer_key = lab_key(chain->root.key, LAB_SLOT_ROOT);
    made->root = made->issuer = lab_certificate_make(&chain->root, "Lab root", lab_root_extensions,
                                                     made->issuer_key, NULL, made->issuer_key);
    if (has_intermediate)
        make_intermediates(made, chain, intermediates);
    make_leaf(made, chain);
    send_all(made, chain, intermediates);
    trusted = trusted_of(made, chain, intermediates[0]);
    write_trust(made, trusted);
    write_crls(made, chain, intermediates[0]);
    if (chain->options & staples)
        make_staple(made, chain->options);
    X509_free(trusted);
    X509_up_ref(made->issuer);
    for (size_t i = 0; i < LAB_INTERMEDIATES_MAX; i++)
        X509_free(intermediates[i]);
}

void lab_free(struct lab_made *made)
{
    unlink(made->trust);
    if (*made->crl)
        unlink(made->crl);
    rmdir(made->directory);
    for (size_t i = 0; i < made->sent_count; i++)
        X509_free(made->sent[i]);
    X509_free(made->leaf);
    X509_free(made->issuer);
    X509_free(made->root);
    buf_fini(&made->staple);
}

static int send_staple(SSL *ssl, void *context)
{
    const struct lab_made *made = context;
    unsigned char *copy;

    if (!made->staple.n)
        return SSL_TLSEXT_ERR_NOACK;
    copy = OPENSSL_memdup(made->staple.p, made->staple.n);
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)made->staple.n);
    return SSL_TLSEXT_ERR_OK;
}

SSL_CTX *lab_server_context(const struct lab_made *made)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"lab", 3);
    lab_must(SSL_CTX_use_certificate(context, made->sent[0]) == 1);
    lab_must(SSL_CTX_use_PrivateKey(context, made->leaf_key) == 1);
    for (size_t i = 1; i < made->sent_count; i++)
        lab_must(SSL_CTX_add1_chain_cert(context, made->sent[i]) == 1);
    SSL_CTX_set_tlsext_status_cb(context, send_staple);
    SSL_CTX_set_tlsext_status_arg(context, (void *)(uintptr_t)made);
    return context;
}

/* Reads on both sides, because tickets of TLS 1.3 follow the handshake. */
static void drain(SSL *ssl)
{
    char byte;

    lab_must(SSL_read(ssl, &byte, 1) <= 0);
}

static bool wants_more(SSL *ssl, int result)
{
    int error = SSL_get_error(ssl, result);

    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

/* Ends with the client's errors in the queue, but not with the server's, which is another process in reality.
 */
static void run(SSL *client, SSL *server)
{
    bool is_server_ended = false;

    for (int result = 0;;) {
        ERR_clear_error();
        result = SSL_do_handshake(client);
        if (is_server_ended || (result != 1 && !wants_more(client, result)))
            return;
        ERR_clear_error();
        is_server_ended = !wants_more(server, SSL_do_handshake(server));
    }
}

SSL *lab_connect(const struct server_trust *trust, SSL_CTX *server_context, const char *wanted,
                 const union inet_address *address, struct server_judgement *j)
{
    SSL *client = SSL_new(server_trust_context(trust)), *server = SSL_new(server_context);
    BIO *a, *b;

    BIO_new_bio_pair(&a, 0, &b, 0);
    SSL_set_bio(client, a, a);
    SSL_set_bio(server, b, b);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    server_judgement_begin(client, j, wanted, address);
    run(client, server);
    server_judgement_end(client, j);
    if (j->is_complete)
        drain(client);
    SSL_free(server);
    ERR_clear_error();
    return client;
}

union inet_address lab_address(const char *text, uint16_t port)
{
    union inet_address address;

    lab_must(network_read_address(span_of(text), &address));
    address_set_port(&address, port);
    return address;
}

void lab_judge(const struct lab_chain *chain, int version, struct server_judgement *j)
{
    union inet_address address = lab_address("192.0.2.1", 995);
    struct lab_made made;
    struct buf error = {0};
    struct server_trust *trust;
    SSL_CTX *server;

    lab_make(&made, chain);
    trust = server_trust_new(&made.conf, &error);
    if (!trust)
        lab_broken(buf_c_str(&error), __FILE__, __LINE__);
    server = lab_server_context(&made);
    SSL_CTX_set_max_proto_version(server, version);
    SSL_free(lab_connect(trust, server, chain->wanted ? chain->wanted : "pop.example.org", &address, j));
    SSL_CTX_free(server);
    server_trust_free(&trust);
    lab_free(&made);
    buf_fini(&error);
}
