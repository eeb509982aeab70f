/* channel: packets, each with at most one descriptor, between two of our processes (unix(7), SCM_RIGHTS).
 *
 * A SOCK_SEQPACKET pair keeps packets whole and in order, and reports when the other end is closed. Received
 * packets are not trusted: one that is larger than the buffer, or has ancillary data of another kind or more
 * than one descriptor, is BROKEN, and its descriptors are closed. An empty packet cannot be distinguished
 * from the end and counts as the end. Both ends are non-blocking and close-on-exec; received descriptors are
 * close-on-exec. */
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
/* `carried`: a descriptor to send, which the caller still has to close; -1: none. */
enum channel_result channel_send(int fd, struct span packet, int carried);
/* On CHANNEL_OK, *n bytes are in `buffer`, and *carried is a descriptor that the caller has to close, or
 * -1. */
enum channel_result channel_receive(int fd, void *buffer, size_t capacity, size_t *n, int *carried);

#endif
