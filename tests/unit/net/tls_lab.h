/* tls_lab: contexts with a certificate made for the test, and a peer of TLS whose ciphertext a test can pass
 * on in any pieces. */
#ifndef POSTERN_TESTS_UNIT_NET_TLS_LAB_H
#define POSTERN_TESTS_UNIT_NET_TLS_LAB_H

#include "base/buf.h"

#include <openssl/ssl.h>

/* Returns the context of a server, with a self-signed P-256 certificate. version: TLS1_2_VERSION or
 * TLS1_3_VERSION. */
SSL_CTX *tls_lab_server(int version);
/* Returns the context of a client that trusts that certificate. */
SSL_CTX *tls_lab_client(int version);
void tls_lab_fini(void);
SSL *tls_lab_new(SSL_CTX *context, bool is_server);

/* The test's end of a socket pair. */
struct tls_peer {
    SSL *ssl;
    int fd;
    size_t piece;             /* octets of ciphertext per write; 0: all */
    struct buf unsent;        /* ciphertext */
    struct buf heard;         /* plaintext */
    bool is_ready, has_ended; /* has_ended: close_notify has arrived */
    bool is_at_end;           /* the socket has ended */
    bool is_deaf;             /* nothing is read */
    unsigned long error;
};

void tls_peer_init(struct tls_peer *peer, SSL *ssl, int fd);
void tls_peer_fini(struct tls_peer *peer);
/* Moves what can be moved without waiting: one piece to the socket, everything from it. */
void tls_peer_turn(struct tls_peer *peer);
/* Encrypts. The ciphertext is sent by later calls of tls_peer_turn. */
void tls_peer_write(struct tls_peer *peer, struct span bytes);

#endif
