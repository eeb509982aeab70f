/* conn_tls: the transport of conn over TLS, by OpenSSL.
 *
 * All connections share one block for ciphertext that was received, and one for ciphertext that is to be
 * sent. So an idle connection has no buffer of ciphertext. One system call reads or writes many records.
 * Ciphertext that the socket does not take is held for its connection. No more is encrypted until the held
 * ciphertext is sent.
 *
 * `failed` gets an errno of the socket, or:
 *   ENOKEY      the server wants a client's certificate, and the callback of SSL_CTX_set_client_cert_cb
 *               has returned -1
 *   ECONNRESET  the peer has ended in the handshake
 *   EPROTO      any other fault of TLS; conn_tls_error has OpenSSL's reason
 *
 * Renegotiation is refused. An end of the peer without close_notify is reported like any other end.
 * Afterwards conn_tls_was_cut returns true: the input may be incomplete. */
#ifndef POSTERN_NET_CONN_TLS_H
#define POSTERN_NET_CONN_TLS_H

#include "base/span.h"
#include "net/conn.h"

#include <openssl/ssl.h>

/* Switches the conn to TLS, as conn_set_transport describes. Takes ownership of `ssl`. Its role must be set
 * (SSL_set_accept_state or SSL_set_connect_state). `received`: bytes that the peer has already sent for TLS;
 * they are copied. */
void conn_tls_start(struct conn *conn, SSL *ssl, struct span received);
/* Returns NULL if the conn has another transport. */
SSL *conn_tls_of(const struct conn *conn);
/* Returns OpenSSL's code of the first fault (ERR_GET_REASON), or 0. */
unsigned long conn_tls_error(const struct conn *conn);
/* Returns the number of the fatal alert that the peer has sent, or -1. */
int conn_tls_alert(const struct conn *conn);
/* Returns whether the peer has ended without close_notify. */
bool conn_tls_was_cut(const struct conn *conn);
/* Call if the output is incomplete. It will then end without close_notify. Has no effect on a conn with
 * another transport. */
void conn_tls_cut(struct conn *conn);

#endif
