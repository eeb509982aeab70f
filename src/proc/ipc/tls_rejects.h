/* tls_rejects: which clients reject the certificates that this gateway makes for a server. All relays share
 * the table, because the connections of a client arrive at any of them.
 *
 * The parent creates a shared anonymous mapping before it forks. The table has a fixed size: if it is full,
 * the pair of client and server that was seen longest ago is forgotten. What is known holds for one
 * authority: when another one is in effect, each client starts anew. */
#ifndef POSTERN_PROC_IPC_TLS_REJECTS_H
#define POSTERN_PROC_IPC_TLS_REJECTS_H

#include "base/inet.h"

struct tls_rejects;

struct tls_rejects_pair {
    union inet_address client; /* its port is ignored */
    union inet_address server;
    uint64_t authority; /* identifies the certificate of the authority */
};

/* Returns NULL with errno on failure. */
struct tls_rejects *tls_rejects_new(void);
void tls_rejects_free(struct tls_rejects **rejects);

/* The client has rejected a certificate for this server, although the server's own is valid. Returns how
 * often it has done so, if it has never accepted one; otherwise 0. Times are of process_clock_ms. */
unsigned tls_rejects_note(struct tls_rejects *rejects, const struct tls_rejects_pair *pair, uint64_t now_ms);
void tls_rejects_note_success(struct tls_rejects *rejects, const struct tls_rejects_pair *pair,
                              uint64_t now_ms);
/* Returns how often the client has rejected certificates for this server, if it has never accepted one, and
 * the last time was at `since_ms` or later; otherwise 0. */
unsigned tls_rejects_count(struct tls_rejects *rejects, const struct tls_rejects_pair *pair,
                           uint64_t since_ms);

#endif
