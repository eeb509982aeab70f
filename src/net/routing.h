/* routing: the kernel's policy rules, routes and interfaces as they are now, by rtnetlink (rtnetlink(7)).
 *
 * Reads only; needs no privilege. Changes go through ip(8) (gateway/apply/gateway_apply), so that what was
 * done can be shown and repeated by hand. */
#ifndef POSTERN_NET_ROUTING_H
#define POSTERN_NET_ROUTING_H

#include "base/routing_data.h"

/* Free `at` of what is read. All return false with errno. family AF_INET, AF_INET6; table 0: of all. */
bool routing_read_rules(int family, struct routing_rules *rules);
bool routing_read_routes(int family, uint32_t table, struct routing_routes *routes);
bool routing_read_interfaces(struct routing_interfaces *interfaces);
/* The first INET_LIST_MAX of this host, no link-local ones. Whether one address is ours routing_is_own tells
 * of any. */
bool routing_read_addresses(struct inet_addresses *own);
/* Would a packet to it stay on this host? */
bool routing_is_own(const union inet_address *address);

/* Where a packet would go. mark 0: none; interface 0: one of our own, else one that came in there; from may
 * be NULL. *route: type, via, interface, table. False with errno: EHOSTUNREACH, ENETUNREACH, EACCES
 * (prohibit) ... */
bool routing_lookup(const union inet_address *to, const union inet_address *from, uint32_t mark,
                    unsigned interface, struct routing_route *route);

#endif
