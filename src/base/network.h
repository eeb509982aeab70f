/* network: addresses of one network, as text and as a question. Pure. */
#ifndef POSTERN_BASE_NETWORK_H
#define POSTERN_BASE_NETWORK_H

#include "base/buf.h"
#include "base/inet.h"

/* "192.0.2.0/24", "2001:db8::/32", or one address without a length. False: it is none, or has bits behind its
 * length. */
bool network_read(struct span text, struct inet_network *network);
/* Appends it as it is read, the length always. */
void network_print(const struct inet_network *network, struct buf *out);

/* IPv4 addresses are in IPv4 networks only, an IPv4-mapped IPv6 one counting as the IPv4 address it is. */
bool network_has(const struct inet_network *network, const union inet_address *address);

/* One address, without port or scope; the port of what is read is 0. */
bool network_read_address(struct span text, union inet_address *address);
void network_print_address(const union inet_address *address, struct buf *out);

/* Is all of `inner` in `outer`? */
bool network_covers(const struct inet_network *outer, const struct inet_network *inner);

#endif
