/* framed_transport: a transport as awkward as TLS, for tests: bytes travel masked, in records.
 *
 * Both sides say HELLO first. A record that has not come whole is kept; one that has is given in small parts.
 * After every FRAMED_UPDATE_EVERY octets sent comes an UPDATE: the sender sends no more before it has read
 * the ANSWER, and who received an UPDATE gives its owner nothing before it has sent the ANSWER. A
 * PING is answered with a PONG when that can leave. CLOSE ends a direction; an end without it is an error. */
#ifndef POSTERN_TESTS_UNIT_NET_FRAMED_TRANSPORT_H
#define POSTERN_TESTS_UNIT_NET_FRAMED_TRANSPORT_H

#include "net/conn.h"

enum { FRAMED_UPDATE_EVERY = 100000, FRAMED_PART_BYTES = 1000 };
enum framed_kind {
    FRAMED_HELLO = 'H',
    FRAMED_DATA = 'D',
    FRAMED_UPDATE = 'U',
    FRAMED_ANSWER = 'A',
    FRAMED_PING = 'p',
    FRAMED_PONG = 'q',
    FRAMED_CLOSE = 'C'
};

/* One side. */
struct framed {
    struct buf raw;     /* received, no whole record yet */
    struct buf decoded; /* not given to the owner yet */
    struct buf out;     /* records that have not left */
    bool may_begin;     /* false: the handshake waits for the test */
    bool has_said_hello, has_heard_hello;
    bool owes_answer, awaits_answer;
    bool has_heard_pong, is_closed, is_malformed;
    size_t since_update;
    unsigned receptions; /* calls of receive */
};

extern const struct conn_transport framed_transport;

void framed_add(struct framed *framed, enum framed_kind kind, struct span bytes);
/* Takes the whole records of `raw` apart. */
void framed_decode(struct framed *framed);
void framed_fini(struct framed *framed);

#endif
