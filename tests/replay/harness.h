/* harness: a shell for pop3/pop3_session without sockets: bytes in, a transcript out.
 *
 * It does with bytes what a relay does, through the same pop3/pop3_wire and pop3/pop3_delivery, and plays
 * scan, keeper and spool. */
#ifndef POSTERN_TESTS_REPLAY_HARNESS_H
#define POSTERN_TESTS_REPLAY_HARNESS_H

#include "base/buf.h"
#include "pop3/pop3_delivery.h"
#include "pop3/pop3_session.h"
#include "pop3/pop3_wire.h"

struct harness {
    struct conf conf;
    struct pop3_session session;
    struct pop3_wire wire;
    struct buf client_in, server_in;     /* read, not yet taken */
    struct buf to_client, to_server;     /* every byte sent on a leg */
    struct buf transcript;               /* lines: "to client: ...", "scan", ... */
    struct buf client_line, server_line; /* begun, for the transcript */
    struct buf spool;
    struct buf notice;
    uint64_t spool_limit_octets; /* writes beyond fail */
    uint64_t room_octets;        /* for a message that is asked for */
    enum err spool_fault, server_fault;
    bool deliver_pending, deliver_held, tunnel, closed, client_at_end;
    enum pop3_session_source source;
    struct buf lead;
    uint32_t body_lines;
};

void harness_init(struct harness *harness);
void harness_fini(struct harness *harness);
void harness_client_bytes(struct harness *harness, struct span bytes);
void harness_server_bytes(struct harness *harness, struct span bytes);
/* After any other event: takes what can now be taken. */
void harness_pump(struct harness *harness);

#endif
