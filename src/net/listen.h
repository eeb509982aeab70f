/* listen: the sockets that clients connect to.
 *
 * The parent opens one socket per relay and address, in a SO_REUSEPORT group, and keeps it open. So
 * connections in the backlog survive the death of the relay. IPv6 sockets are V6ONLY, so that [::] and
 * 0.0.0.0 can be bound together. The sockets are non-blocking and close-on-exec. Accepted connections inherit
 * TCP_NODELAY and keep-alive. */
#ifndef POSTERN_NET_LISTEN_H
#define POSTERN_NET_LISTEN_H

#include "base/buf.h"
#include "conf/conf.h"

/* Returns the socket, or -1 with errno. transparent: sets IP_TRANSPARENT, for TPROXY; needs CAP_NET_ADMIN or
 * CAP_NET_RAW. */
int listen_open(const union inet_address *address, bool transparent);
/* Sets IP_TRANSPARENT on an open socket. False with errno. */
bool listen_set_transparent(int fd, int family);
/* Tests whether this process can create a socket with the options of listen_open. False with errno. */
bool listen_is_allowed(int family, bool transparent);
/* Shuts the socket down and closes it. Even other processes that have the socket open can then accept no more
 * connections. */
void listen_close(int fd);
/* Tests whether a socket without SO_REUSEPORT could listen at the address. False with errno; EADDRINUSE:
 * another socket uses the address. (listen_open would not fail if a SO_REUSEPORT socket of the same user uses
 * the address: both would share the port.) */
bool listen_is_free(const union inet_address *address);
/* Appends "cannot listen on 192.0.2.1:110: " and the text of errno. */
void listen_add_failure(const union inet_address *address, struct buf *error);

#endif
