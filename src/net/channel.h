/* channel: packets, each with at most one descriptor, between two processes of Postern (unix(7), SCM_RIGHTS).
 *
 * A SOCK_SEQPACKET pair keeps packets whole and in order, and reports when the other end is closed. Received
 * packets are not trusted. A packet is CHANNEL_BROKEN, and its descriptors are closed, if it is larger than
 * the buffer, or has more than one descriptor or other ancillary data. An empty packet with a descriptor is
 * CHANNEL_BROKEN, too. An empty packet without one cannot be distinguished from the end, and counts as the
 * end. The ends that channel_pair makes are non-blocking and close-on-exec. Received descriptors are
 * close-on-exec. */
#ifndef POSTERN_NET_CHANNEL_H
#define POSTERN_NET_CHANNEL_H

#include "base/span.h"

#include <stdint.h>

enum channel_result {
    CHANNEL_OK,
    CHANNEL_FULL,   /* send: wait until the socket is writable. receive: no packet has arrived */
    CHANNEL_LATER,  /* send: a resource of the kernel is exhausted; retry a little later */
    CHANNEL_CLOSED, /* the other end is closed, or the call failed for a reason not listed here */
    CHANNEL_BROKEN, /* receive: not a valid packet */
    CHANNEL_LOST,   /* receive: a valid packet is lost, because no descriptor was free for what it carries */
};

/* Makes a pair of connected ends. False with errno. */
bool channel_pair(int ends[2]);
/* `carried`: a descriptor to send; -1: none. The caller must still close it. */
enum channel_result channel_send(int fd, struct span packet, int carried);
/* Returns true if the next packet carries a descriptor, and this process has too few free descriptors: none,
 * or fewer than `spare` after this packet. Then the packet should not be received yet, because it could be
 * lost. CHANNEL_LOST is possible even after false, because the whole system may have no free descriptor. */
bool channel_must_wait(int fd, unsigned spare);
/* On CHANNEL_OK, *n bytes are in `buffer`, and *carried is the packet's descriptor, or -1 if it has none. The
 * caller must close the descriptor. */
enum channel_result channel_receive(int fd, void *buffer, size_t capacity, size_t *n, int *carried);

#endif
