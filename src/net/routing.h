/* routing: reads the kernel's policy rules, routes, interfaces and addresses by rtnetlink(7). Needs no
 * privilege.
 *
 * It changes nothing. Postern makes changes with ip(8) (gateway/apply/gateway_apply), so that they can be
 * shown and repeated by hand. */
#ifndef POSTERN_NET_ROUTING_H
#define POSTERN_NET_ROUTING_H

#include "base/routing_data.h"

/* The functions return false with errno. The caller must free `at` of rules, routes and interfaces. family:
 * AF_INET or AF_INET6. table 0: all tables. */
bool routing_read_rules(int family, struct routing_rules *rules);
bool routing_read_routes(int family, uint32_t table, struct routing_routes *routes);
bool routing_read_interfaces(struct routing_interfaces *interfaces);
/* Reads the first INET_LIST_MAX addresses of this host, without link-local ones. */
bool routing_read_addresses(struct inet_addresses *own);

/* Looks up the route of a packet that came in by `interface` or, with interface 0, is sent by this host. mark
 * 0: none. `from` may be NULL. Of *route, only type, via, interface and table are meaningful. False with
 * errno: EHOSTUNREACH, ENETUNREACH, EACCES (prohibit) ... */
bool routing_lookup(const union inet_address *to, const union inet_address *from, uint32_t mark,
                    unsigned interface, struct routing_route *route);

#endif
