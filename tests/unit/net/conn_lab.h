/* conn_lab: a conn at one end of a socket pair, the test at the other, over the plain or the framed
 * transport. */
#ifndef POSTERN_TESTS_UNIT_NET_CONN_LAB_H
#define POSTERN_TESTS_UNIT_NET_CONN_LAB_H

#include "framed_transport.h"

struct world {
    struct event_base *base;
    struct conn conn;
    int peer;
    uint64_t wire_octets; /* that the peer has read */
    bool is_framed;
    struct framed side; /* the peer's */
    struct buf heard;
    bool reads_one_part; /* the owner stops reading at each `readable` */
    unsigned connected, drained, readable, ended, arrived;
    int error;
};

/* With `arrived` in its handlers, if is_late. */
struct world *world_new(bool is_late);
void world_free(struct world *world);

/* Puts the framed transport below, which begins its handshake if may_begin; the peer has said nothing yet. */
void world_switch(struct world *world, bool may_begin);
/* The conn's side of the framed transport. */
struct framed *world_transport(struct world *world);
/* The same, to the end of the handshake. */
void world_shake_hands(struct world *world);

void world_turn(struct world *world);
/* What is not read makes each look a busy one. */
void world_look_once(struct world *world);

void world_peer_say(struct world *world, enum framed_kind kind, struct span bytes);
void world_peer_write(struct world *world, struct span bytes);
void world_peer_shut(struct world *world);
/* Adds what there is to read; answers updates. */
void world_peer_read(struct world *world, struct buf *into);
/* Reads until it has n bytes. */
struct buf world_peer_read_all(struct world *world, size_t n);

char *made_of(char c, size_t n);

#endif
