/* framed_transport: a transport for tests with the difficulties of TLS: bytes are masked and sent in records.
 *
 * Both sides send HELLO first. An incomplete record is held; a complete one is passed to the owner in small
 * parts. After every FRAMED_UPDATE_EVERY octets a side sends UPDATE, and no more data before it has read
 * ANSWER. A side that has received UPDATE passes nothing to its owner before it has sent ANSWER. PING is
 * answered with PONG. CLOSE ends a direction; an end without CLOSE is an error. */
#ifndef POSTERN_TESTS_UNIT_NET_FRAMED_TRANSPORT_H
#define POSTERN_TESTS_UNIT_NET_FRAMED_TRANSPORT_H

#include "net/conn.h"

enum { FRAMED_UPDATE_EVERY = 100000, FRAMED_PART_BYTES = 400 };
enum framed_kind {
    FRAMED_HELLO = 'H',
    FRAMED_DATA = 'D',
    FRAMED_UPDATE = 'U',
    FRAMED_ANSWER = 'A',
    FRAMED_PING = 'p',
    FRAMED_PONG = 'q',
    FRAMED_CLOSE = 'C'
};

/* One side of a connection. */
struct framed {
    struct buf raw;     /* received, but not a complete record */
    struct buf decoded; /* not passed to the owner yet */
    struct buf out;     /* records that the socket has not taken */
    bool may_begin;     /* false: the handshake waits for the test */
    bool has_sent_hello, has_received_hello;
    bool owes_answer, awaits_answer;
    bool has_received_pong, is_closed, is_malformed;
    size_t since_update;
    unsigned receptions; /* calls of receive */
};

extern const struct conn_transport framed_transport;

void framed_add(struct framed *framed, enum framed_kind kind, struct span bytes);
/* Decodes the complete records in `raw`. */
void framed_decode(struct framed *framed);
void framed_fini(struct framed *framed);

#endif
