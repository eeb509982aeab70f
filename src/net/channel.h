/* channel: packets, each with at most one descriptor, between two processes of Postern (unix(7), SCM_RIGHTS).
 *
 * A SOCK_SEQPACKET pair keeps packets whole and in order, and reports when the other end is closed. Received
 * packets are not trusted: one that is larger than the buffer, or has ancillary data of another kind or more
 * than one descriptor, is CHANNEL_BROKEN, and its descriptors are closed. An empty packet without a
 * descriptor cannot be distinguished from the end and counts as the end; one with a descriptor is
 * CHANNEL_BROKEN. The ends that channel_pair makes are non-blocking and close-on-exec; received descriptors
 * are close-on-exec. */
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
};

/* Makes a pair of connected ends. False with errno. */
bool channel_pair(int ends[2]);
/* `carried`: a descriptor to send, which the caller still has to close; -1: none. */
enum channel_result channel_send(int fd, struct span packet, int carried);
/* On CHANNEL_OK, *n bytes are in `buffer`, and *carried is the packet's descriptor, which the caller has to
 * close, or -1 if the packet has none. */
enum channel_result channel_receive(int fd, void *buffer, size_t capacity, size_t *n, int *carried);

#endif
