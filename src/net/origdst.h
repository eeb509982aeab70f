/* origdst: the original destination of a client's connection, and whether we connect to it [I1, I2].
 *
 * redirect: SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST give what conntrack remembers. tproxy: the accepted
 * socket's own address is the destination. fixed: the one configured target.
 *
 * Refused: a port outside the listener's `ports`, loopback, multicast, broadcast, unspecified, and this host
 * on a port that we listen on. An IPv4-mapped IPv6 address is treated, and returned, as the IPv4 address.
 * With fixed, the administrator vouches for the target; only a target that one of our listeners would accept
 * is refused.
 */
#ifndef POSTERN_NET_ORIGDST_H
#define POSTERN_NET_ORIGDST_H

#include "base/err.h"
#include "conf/conf_listener.h"

/* For an accepted connection: ERR_NONE, ERR_DESTINATION_UNKNOWN, or ERR_DESTINATION_REFUSED with *destination
 * set for the log. */
enum err origdst_find(const struct conf_listener *listener, int client_fd, union inet_address *destination);

/* The rules alone, pure except for is_own, which is called only if the port is one that we listen on. */
enum err origdst_check(const struct conf_listener *listener, union inet_address *destination,
                       bool (*is_own)(const union inet_address *address));
/* True for an address that an interface of this host has now. */
bool origdst_is_own(const union inet_address *address);

/* True if the kernel can report the original destination of a redirected connection of this family. Tested on
 * a connection to this host that is not redirected. False with errno. */
bool origdst_is_tracked(int family);

#endif
