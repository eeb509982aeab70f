/* listen: the sockets that clients connect to.
 *
 * Opened by the parent, one a relay and address in a SO_REUSEPORT group, and kept by it, so that connections
 * that wait in a socket's backlog outlive the relay that was to take them. IPv6 sockets are V6ONLY: [::] and
 * 0.0.0.0 stand side by side. Non-blocking, close-on-exec; TCP_NODELAY and keep-alive are inherited by
 * accepted connections. */
#ifndef POSTERN_NET_LISTEN_H
#define POSTERN_NET_LISTEN_H

#include "conf/conf.h"

/* The socket, or -1 with errno. transparent: IP_TRANSPARENT, for tproxy; needs CAP_NET_ADMIN or CAP_NET_RAW.
 */
int listen_open(const union inet_address *address, bool transparent);
/* For a socket that was opened without. False with errno. */
bool listen_set_transparent(int fd, int family);
/* Would listen_open be let, apart from the address? False with errno. */
bool listen_is_allowed(int family, bool transparent);
/* Nobody can connect from now on, whoever else still holds the socket. */
void listen_close(int fd);
/* True if nobody listens there. A SO_REUSEPORT socket alone would quietly share the port with another of our
 * user's. errno tells why not. */
bool listen_is_free(const union inet_address *address);

#endif
