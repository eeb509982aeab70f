/* network: reads, prints and compares networks. Pure. */
#ifndef POSTERN_BASE_NETWORK_H
#define POSTERN_BASE_NETWORK_H

#include "base/buf.h"
#include "base/inet.h"

/* Reads "192.0.2.0/24", "2001:db8::/32", or one address without a prefix length. False: not a network, or
 * bits after the prefix are set. */
bool network_read(struct span text, struct inet_network *network);
/* Appends the network, always with the prefix length. */
void network_print(const struct inet_network *network, struct buf *out);

/* True if the address is in the network. An IPv4-mapped IPv6 address counts as its IPv4 address. */
bool network_has(const struct inet_network *network, const union inet_address *address);

/* Reads one address, without port or scope; the port is set to 0. */
bool network_read_address(struct span text, union inet_address *address);
void network_print_address(const union inet_address *address, struct buf *out);

/* True if all of `inner` is in `outer`. */
bool network_covers(const struct inet_network *outer, const struct inet_network *inner);

#endif
