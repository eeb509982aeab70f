/* server_trust: the authorities that Postern trusts to certify servers, and the context for its TLS
 * connections to servers.
 *
 * Everything is read when the trust is created, before privileges are dropped: the bundle of [tls] trust, the
 * certificates of extra_trust (*.pem, *.crt) and the revocation lists of crl (*.pem, *.crl). Later, OpenSSL
 * opens no file: it has no directory to search, and server_trust_new makes a first handshake within this
 * process, so that OpenSSL has read its configuration and the time zone before.
 *
 * The context requires TLS 1.2 and security level 2, asks for a stapled OCSP response, and verifies as
 * doc/TLS.md says. A failed verification does not end the handshake: its errors are recorded, and
 * server_judgement judges afterwards. Each connection must begin with server_judgement_begin. */
#ifndef POSTERN_X509_SERVER_TRUST_H
#define POSTERN_X509_SERVER_TRUST_H

#include "base/buf.h"
#include "conf/conf_tls.h"
#include "x509/server_sessions.h"

#include <openssl/ssl.h>

enum {
    SERVER_TRUST_DEPTH_MAX = 8,              /* certificates between the server's and the root */
    SERVER_TRUST_LIST_MAX = 48 * 1024,       /* octets of all certificates that a server sends */
    SERVER_TRUST_FILE_MAX = 8 * 1024 * 1024, /* octets of a file with certificates or revocation lists */
};

struct server_trust;

/* NULL: *error has the reason, with the path. `conf` must live as long as the trust. */
struct server_trust *server_trust_new(const struct conf_tls *conf, struct buf *error);
void server_trust_free(struct server_trust **trust);

/* For SSL_new; owned by the trust. */
SSL_CTX *server_trust_context(const struct server_trust *trust);
X509_STORE *server_trust_store(const struct server_trust *trust);
/* The sessions with servers; freed with the trust. */
struct server_sessions *server_trust_sessions(const struct server_trust *trust);
const struct conf_tls *server_trust_conf(const struct server_trust *trust);
/* Returns the trust of a connection whose context is server_trust_context. */
const struct server_trust *server_trust_of(const SSL *ssl);

unsigned server_trust_root_count(const struct server_trust *trust);
unsigned server_trust_crl_count(const struct server_trust *trust);

#endif
