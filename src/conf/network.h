/* network: addresses of one network, as text and as a question. Pure. */
#ifndef POSTERN_CONF_NETWORK_H
#define POSTERN_CONF_NETWORK_H

#include "conf/conf.h"

/* "192.0.2.0/24", "2001:db8::/32", or one address without a length. False: it is none, or has bits behind its
 * length. */
bool network_read(struct span text, struct conf_network *network);
/* Appends it as it is read, the length always. */
void network_print(const struct conf_network *network, struct buf *out);

/* IPv4 addresses are in IPv4 networks only, an IPv4-mapped IPv6 one counting as the IPv4 address it is. */
bool network_has(const struct conf_network *network, const union conf_address *address);

#endif
