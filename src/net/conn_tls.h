/* conn_tls: the transport of conn over TLS, by OpenSSL.
 *
 * All connections share one block for ciphertext that was received, and one for ciphertext that is to be
 * sent. So an idle connection has no buffer of ciphertext. One system call reads or writes many records. What
 * the socket does not take is held for this connection, and no more is encrypted until it has been sent.
 *
 * `failed` gets these values of errno:
 *   ENOKEY      the server wants a client's certificate, and the callback of SSL_CTX_set_client_cert_cb
 *               has returned -1
 *   ECONNRESET  the peer has ended in the handshake
 *   EPROTO      any other fault of TLS; conn_tls_error has OpenSSL's reason
 *
 * Renegotiation is refused. An end of the peer without close_notify is reported like any other end, and
 * conn_tls_was_cut returns true afterwards: the owner must not take what it has received for complete. */
#ifndef POSTERN_NET_CONN_TLS_H
#define POSTERN_NET_CONN_TLS_H

#include "base/span.h"
#include "net/conn.h"

#include <openssl/ssl.h>

/* Switches the conn to TLS, as conn_set_transport describes, and takes ownership of `ssl`, whose role must be
 * set (SSL_set_accept_state or SSL_set_connect_state). `received`: what the peer has already sent for TLS; it
 * is copied. */
void conn_tls_start(struct conn *conn, SSL *ssl, struct span received);
/* Returns NULL if the conn has another transport. */
SSL *conn_tls_of(const struct conn *conn);
/* Returns OpenSSL's code of the first fault (ERR_GET_REASON), or 0. */
unsigned long conn_tls_error(const struct conn *conn);
/* Returns the number of the fatal alert that the peer has sent, or -1. */
int conn_tls_alert(const struct conn *conn);
/* Returns whether the peer has ended without close_notify. */
bool conn_tls_was_cut(const struct conn *conn);
/* From now on the end of the output is sent without close_notify, because the output is not complete. Has no
 * effect on a conn with another transport. */
void conn_tls_cut(struct conn *conn);

#endif
