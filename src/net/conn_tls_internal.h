/* conn_tls_internal: shared by conn_tls.c (the transport) and conn_tls_bio.c (the ciphertext). */
#ifndef POSTERN_NET_CONN_TLS_INTERNAL_H
#define POSTERN_NET_CONN_TLS_INTERNAL_H

#include "net/conn_tls.h"

struct conn_tls {
    struct conn *conn;
    SSL *ssl;
    struct buf received; /* ciphertext, from `received_at`, that the shared block did not keep */
    struct buf unsent;   /* ciphertext, from `unsent_at`, that the socket did not take */
    size_t received_at, unsent_at;
    bool may_receive; /* the socket may have more input */
    bool at_end;      /* the socket has ended */
    bool is_ready;    /* the handshake is complete */
    bool is_closed;   /* the peer's close_notify has arrived, or the socket has ended after the handshake */
    bool is_cut;      /* no close_notify will be sent */
    int socket_error; /* errno of the socket; 0: none */
    int fault;        /* errno that `failed` gets; 0: none */
    unsigned long error; /* OpenSSL's code of the first fault; 0: none */
};

/* Returns a BIO for tls->ssl. */
BIO *conn_tls_bio_new(struct conn_tls *tls);
/* Returns the number of octets that were received and are not taken by OpenSSL yet. */
size_t conn_tls_bio_held(const struct conn_tls *tls);
/* Forgets the connection's part of the shared blocks, and frees its buffers. */
void conn_tls_bio_fini(struct conn_tls *tls);
/* Moves the ciphertext that OpenSSL has written into tls->unsent, and sets conn->held_out. Call this function
 * or conn_tls_bio_flush after each call of OpenSSL. */
void conn_tls_bio_hold(struct conn_tls *tls);
/* Sends the ciphertext that OpenSSL has written, and holds what the socket does not take. Returns false with
 * errno if the socket has failed. */
bool conn_tls_bio_flush(struct conn_tls *tls);

#endif
