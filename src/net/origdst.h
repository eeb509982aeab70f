/* origdst: finds the original destination of a client's connection, and refuses unsafe destinations [I1, I2].
 *
 * With `interception = redirect`, conntrack remembers the original destination (SO_ORIGINAL_DST,
 * IP6T_SO_ORIGINAL_DST). With tproxy, it is the accepted socket's own address. With fixed, it is the
 * configured target.
 *
 * These destinations are refused: a port that is not a server port of the listener (conf_is_server_port); a
 * loopback, multicast, broadcast or unspecified address; this host at a port of `listen`. With fixed, only a
 * target that is the listener itself is refused. An IPv4-mapped IPv6 address is treated, and returned, as the
 * IPv4 address. */
#ifndef POSTERN_NET_ORIGDST_H
#define POSTERN_NET_ORIGDST_H

#include "base/err.h"
#include "conf/conf.h"

/* Returns ERR_NONE or ERR_DESTINATION_REFUSED, both with *destination set, or ERR_DESTINATION_UNKNOWN. */
enum err origdst_find(const struct conf *conf, enum protocol_id protocol, int client_fd,
                      union inet_address *destination);

/* Applies the rules of origdst_find to a given destination. Pure except for is_own, which is called only if
 * the port is one of `listen`. */
enum err origdst_check(const struct conf *conf, enum protocol_id protocol, union inet_address *destination,
                       bool (*is_own)(const union inet_address *address));
/* Returns whether the address is loopback, unspecified, or currently that of an interface of this host. Also
 * true if the addresses of the interfaces cannot be read. */
bool origdst_is_own(const union inet_address *address);

/* Tests whether the kernel can report the original destination of a redirected connection of this family.
 * False with errno. */
bool origdst_is_tracked(int family);

#endif
