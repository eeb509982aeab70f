#include "tls_lab.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static EVP_PKEY *key;
static X509 *certificate;

static void make_certificate(void)
{
    X509_NAME *name;

    if (certificate)
        return;
    key = EVP_EC_gen("P-256");
    certificate = X509_new();
    assert_true(key && certificate);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"pop.example.org", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
}

static SSL_CTX *context_of(const SSL_METHOD *method, int version)
{
    SSL_CTX *context = SSL_CTX_new(method);

    assert_non_null(context);
    make_certificate();
    assert_true(SSL_CTX_set_min_proto_version(context, version) &&
                SSL_CTX_set_max_proto_version(context, version));
    return context;
}

SSL_CTX *tls_lab_server(int version)
{
    SSL_CTX *context = context_of(TLS_server_method(), version);

    assert_true(SSL_CTX_use_certificate(context, certificate) && SSL_CTX_use_PrivateKey(context, key));
    return context;
}

SSL_CTX *tls_lab_client(int version)
{
    SSL_CTX *context = context_of(TLS_client_method(), version);

    assert_true(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return context;
}

void tls_lab_fini(void)
{
    X509_free(certificate);
    EVP_PKEY_free(key);
    certificate = NULL;
    key = NULL;
}

SSL *tls_lab_new(SSL_CTX *context, bool is_server)
{
    SSL *ssl = SSL_new(context);

    assert_non_null(ssl);
    if (is_server)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    return ssl;
}

void tls_peer_init(struct tls_peer *peer, SSL *ssl, int fd)
{
    *peer = (struct tls_peer){.ssl = ssl, .fd = fd};
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
}

void tls_peer_fini(struct tls_peer *peer)
{
    SSL_free(peer->ssl);
    buf_fini(&peer->unsent);
    buf_fini(&peer->heard);
}

static void collect(struct tls_peer *peer)
{
    BIO *out = SSL_get_wbio(peer->ssl);
    int n;

    while ((n = BIO_read(out, buf_reserve(&peer->unsent, 65536), 65536)) > 0)
        peer->unsent.n += (size_t)n;
}

static void send_piece(struct tls_peer *peer)
{
    size_t n = peer->piece && peer->piece < peer->unsent.n ? peer->piece : peer->unsent.n;
    ssize_t sent = n ? send(peer->fd, peer->unsent.p, n, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;

    if (sent <= 0)
        return;
    memmove(peer->unsent.p, peer->unsent.p + sent, peer->unsent.n - (size_t)sent);
    peer->unsent.n -= (size_t)sent;
}

static void receive(struct tls_peer *peer)
{
    char bytes[65536];
    ssize_t n;

    while (!peer->is_deaf && (n = recv(peer->fd, bytes, sizeof bytes, MSG_DONTWAIT)) >= 0) {
        peer->is_at_end = n == 0;
        if (n == 0)
            break;
        BIO_write(SSL_get_rbio(peer->ssl), bytes, (int)n);
    }
}

static void decrypt(struct tls_peer *peer)
{
    char bytes[16384];
    int n;

    ERR_clear_error();
    while ((n = SSL_read(peer->ssl, bytes, sizeof bytes)) > 0)
        buf_add(&peer->heard, (struct span){bytes, (size_t)n});
    peer->has_ended = (SSL_get_shutdown(peer->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
    if (SSL_get_error(peer->ssl, n) == SSL_ERROR_SSL && !peer->error)
        peer->error = ERR_peek_error();
    ERR_clear_error();
}

void tls_peer_turn(struct tls_peer *peer)
{
    receive(peer);
    decrypt(peer);
    peer->is_ready = SSL_is_init_finished(peer->ssl);
    collect(peer);
    send_piece(peer);
}

void tls_peer_write(struct tls_peer *peer, struct span bytes)
{
    assert_int_equal(SSL_write(peer->ssl, bytes.p, (int)bytes.n), bytes.n);
    collect(peer);
}
