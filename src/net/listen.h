/* listen: the sockets that clients connect to.
 *
 * Opened by the parent, one per relay and address in a SO_REUSEPORT group, and kept open by it, so that
 * connections in a socket's backlog outlive the relay that would have accepted them. IPv6 sockets are V6ONLY:
 * [::] and 0.0.0.0 can be bound together. Non-blocking, close-on-exec; TCP_NODELAY and keep-alive are
 * inherited by accepted connections. */
#ifndef POSTERN_NET_LISTEN_H
#define POSTERN_NET_LISTEN_H

#include "conf/conf.h"

/* The socket, or -1 with errno. transparent: IP_TRANSPARENT, for tproxy; needs CAP_NET_ADMIN or CAP_NET_RAW.
 */
int listen_open(const union inet_address *address, bool transparent);
/* For a socket that was opened without it. False with errno. */
bool listen_set_transparent(int fd, int family);
/* True if listen_open has the privileges it needs, whatever the address. False with errno. */
bool listen_is_allowed(int family, bool transparent);
/* Refuses new connections from now on, even if other processes hold the socket. */
void listen_close(int fd);
/* True if no socket listens there. (A SO_REUSEPORT socket alone would share the port with another one of the
 * same user without an error.) errno has the reason. */
bool listen_is_free(const union inet_address *address);

#endif
