/* channel: packets, each with at most one descriptor, between two of our processes.
 *
 * A SOCK_SEQPACKET pair keeps packets whole and in order and reports when the other end is closed. What
 * arrives is not trusted: a packet larger than the buffer, ancillary data of another kind or more than one
 * descriptor is BROKEN, and every descriptor that came with it is closed. An empty packet is
 * indistinguishable from the end and counts as one. Both ends are non-blocking and close-on-exec, as is every
 * received descriptor. unix(7), SCM_RIGHTS. */
#ifndef POSTERN_NET_CHANNEL_H
#define POSTERN_NET_CHANNEL_H

#include "base/span.h"

#include <stdint.h>

enum channel_result {
    CHANNEL_OK,
    CHANNEL_FULL,   /* send: wait until the socket is writable. receive: there is no packet */
    CHANNEL_LATER,  /* send: a resource of the kernel is exhausted; retry a little later */
    CHANNEL_CLOSED, /* the other end is closed */
    CHANNEL_BROKEN, /* receive: not a valid packet */
};

/* False with errno set. */
bool channel_pair(int ends[2]);
/* `carried` (-1: none) stays the caller's. */
enum channel_result channel_send(int fd, struct span packet, int carried);
/* On OK *n bytes are in `buffer` and *carried is the caller's, or -1. */
enum channel_result channel_receive(int fd, void *buffer, size_t room, size_t *n, int *carried);

#endif
