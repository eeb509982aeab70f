/* harness: a shell for sessions of any protocol, without sockets. It drives a protocol by the contract of
 * core/protocol, as a relay does, plays scan, keeper and spool, and writes a transcript. */
#ifndef POSTERN_TESTS_REPLAY_HARNESS_H
#define POSTERN_TESTS_REPLAY_HARNESS_H

#include "base/buf.h"
#include "core/protocol.h"
#include "pop3/pop3_protocol.h"

struct harness;

/* A message of the session, from begin to forget. */
struct held_message {
    struct harness *harness;
    enum leg from;
    struct buf content;
};

struct harness {
    struct conf conf;
    const struct protocol *protocol;
    void *session;
    struct buf in[2];      /* by leg: read, but not consumed yet */
    struct buf out[2];     /* by leg: all bytes sent to it */
    struct buf line[2];    /* by leg: incomplete line for the transcript */
    struct buf transcript; /* lines: "to client: ...", "scan", ... */
    struct buf notice;
    struct held_message *message; /* the last one begun; NULL: forgotten */
    uint64_t spool_limit_octets;  /* writes beyond it fail */
    bool is_last_write_failing;   /* the end of a message, which `scan` writes */
    uint64_t free_octets;         /* free space, checked before a message is requested */
    enum err spool_fault, server_fault;
    bool is_tls_starting[2]; /* by leg: what arrives belongs to TLS */
    bool deliver_pending, deliver_held, is_in_content, tunnel, closed, client_at_end;
    enum protocol_source source;
    uint64_t octets; /* of what is delivered */
};

void harness_init(struct harness *harness, const struct protocol *protocol);
extern const struct protocol_ops harness_ops;
/* Uses `ops`, which may call harness_ops. `ops` may be filled in later, and outlives the harness. */
void harness_init_with(struct harness *harness, const struct protocol *protocol,
                       const struct protocol_ops *ops);
void harness_fini(struct harness *harness);
void harness_client_bytes(struct harness *harness, struct span bytes);
void harness_server_bytes(struct harness *harness, struct span bytes);
/* Report results for the current message. */
void harness_scanned(struct harness *harness, const struct verdict *verdict);
void harness_stored(struct harness *harness, enum protocol_stored result);
/* Reports that TLS has started on the leg. */
void harness_tls_started(struct harness *harness, enum leg leg);
/* Call after any other event: consumes what can be consumed now. */
void harness_pump(struct harness *harness);

/* Returns the session, for a harness of pop3_protocol. */
static inline struct pop3 *harness_pop3(const struct harness *harness)
{
    return harness->session;
}

#endif
