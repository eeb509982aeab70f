/* routing: the kernel's current policy rules, routes and interfaces, by rtnetlink (rtnetlink(7)).
 *
 * Reads only; needs no privilege. Changes are made by ip(8) (gateway/apply/gateway_apply), so that they can
 * be shown and repeated by hand. */
#ifndef POSTERN_NET_ROUTING_H
#define POSTERN_NET_ROUTING_H

#include "base/routing_data.h"

/* The caller frees `at` of the results. All return false with errno. family: AF_INET or AF_INET6; table 0:
 * all. */
bool routing_read_rules(int family, struct routing_rules *rules);
bool routing_read_routes(int family, uint32_t table, struct routing_routes *routes);
bool routing_read_interfaces(struct routing_interfaces *interfaces);
/* The first INET_LIST_MAX addresses of this host, without link-local ones. */
bool routing_read_addresses(struct inet_addresses *own);

/* The route of a packet. mark 0: none; interface 0: a packet of this host, else one that came in there; from
 * may be NULL. *route: type, via, interface, table. False with errno: EHOSTUNREACH, ENETUNREACH, EACCES
 * (prohibit) ... */
bool routing_lookup(const union inet_address *to, const union inet_address *from, uint32_t mark,
                    unsigned interface, struct routing_route *route);

#endif
