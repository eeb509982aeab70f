/* origdst: where a client meant to go, and whether we go there for it [I1, I2].
 *
 * redirect: SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST give what connection tracking remembers. tproxy: the
 * accepted socket's own name is the destination. fixed: the one configured target.
 *
 * Refused: a port outside the listener's `ports`, loopback, multicast, broadcast, unspecified, and this host
 * on a port we listen on. An IPv4-mapped IPv6 address is judged, and given back, as the IPv4 address it is.
 * With fixed the target is the administrator's word; only a target that one of our listeners would take is
 * refused. */
#ifndef POSTERN_NET_ORIGDST_H
#define POSTERN_NET_ORIGDST_H

#include "base/err.h"
#include "conf/conf_listener.h"

/* For an accepted connection: ERR_NONE, ERR_DESTINATION_UNKNOWN, or ERR_DESTINATION_REFUSED with *destination
 * set for the log. */
enum err origdst_find(const struct conf_listener *listener, int client_fd, union inet_address *destination);

/* The rules alone, pure but for one question: is_own is asked only when the port is one we listen on. */
enum err origdst_check(const struct conf_listener *listener, union inet_address *destination,
                       bool (*is_own)(const union inet_address *address));
/* An address of an interface of this host, as of now. */
bool origdst_is_own(const union inet_address *address);

/* Could the kernel tell at all, for redirect, where a connection of this family meant to go? Asked of one to
 * ourselves that nobody redirects. False with errno. */
bool origdst_is_tracked(int family);

#endif
