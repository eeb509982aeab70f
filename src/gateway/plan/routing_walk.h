/* routing_walk: finds the policy rule that decides where a packet goes, as the kernel does
 * (net/core/fib_rules.c). Pure.
 *
 * Rules are tried in order of priority. `not`, goto and suppressed routes are supported. In a table, the
 * route with the longest prefix is selected and, among equal ones, the one with the lowest metric. Conditions
 * on TOS, on tunnels and those of later kernels are not supported: they count as not met. The table of a VRF
 * is not read: it counts as having a route for each packet. */
#ifndef POSTERN_GATEWAY_PLAN_ROUTING_WALK_H
#define POSTERN_GATEWAY_PLAN_ROUTING_WALK_H

#include "base/buf.h"
#include "base/routing_data.h"

/* Rules, in the kernel's order, and routes of the packet's family, as net/routing reads them. */
struct routing_tables {
    const struct routing_rules *rules;
    const struct routing_routes *routes;
    const struct routing_interfaces *interfaces;
};

/* A forwarded packet. */
struct routing_packet {
    union inet_address from, to; /* both of one family */
    uint32_t mark;
    const char *interface; /* incoming interface */
    uint8_t protocol;
    uint16_t sport, dport;
};

struct routing_decision {
    const struct routing_rule *rule;   /* NULL: no rule decides */
    const struct routing_route *route; /* NULL: the rule itself refuses, or selects the VRF's table */
};

bool routing_rule_matches(const struct routing_rule *rule, const struct routing_packet *packet,
                          const struct routing_interfaces *interfaces);
struct routing_decision routing_walk(const struct routing_tables *tables,
                                     const struct routing_packet *packet);
/* Appends the rule in the form of `ip rule add`, without the priority. False: the rule has a condition or
 * action that is not supported, so the text is incomplete. */
bool routing_rule_print(const struct routing_rule *rule, struct buf *out);

#endif
