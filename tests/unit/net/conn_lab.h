/* conn_lab: a socket pair with a conn at one end and the test at the other, the peer, over the plain or the
 * framed transport. */
#ifndef POSTERN_TESTS_UNIT_NET_CONN_LAB_H
#define POSTERN_TESTS_UNIT_NET_CONN_LAB_H

#include "framed_transport.h"

struct world {
    struct event_base *base;
    struct conn conn;
    int peer;
    uint64_t wire_octets; /* read by the peer */
    bool is_framed;
    struct framed side; /* the peer's side of the transport */
    struct buf heard;
    bool reads_one_part; /* the owner stops reading at each `readable` */
    unsigned connected, drained, readable, ended, arrived;
    int error;
};

/* is_late: the conn's handlers include `arrived`. */
struct world *world_new(bool is_late);
void world_free(struct world *world);

/* Switches to the framed transport, which begins its handshake if may_begin. The peer sends nothing. */
void world_switch(struct world *world, bool may_begin);
/* Returns the conn's side of the framed transport. */
struct framed *world_transport(struct world *world);
/* Switches to the framed transport and completes the handshake. */
void world_shake_hands(struct world *world);

/* Runs the event loop until no event is active. */
void world_turn(struct world *world);
/* Runs one iteration of the event loop without waiting. */
void world_poll(struct world *world);

void world_peer_send(struct world *world, enum framed_kind kind, struct span bytes);
void world_peer_write(struct world *world, struct span bytes);
void world_peer_shut(struct world *world);
/* Appends everything that the peer can read now, and answers updates. */
void world_peer_read(struct world *world, struct buf *into);
/* Reads until the peer has n bytes. */
struct buf world_peer_read_all(struct world *world, size_t n);

char *made_of(char c, size_t n);

#endif
