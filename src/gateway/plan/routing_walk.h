/* routing_walk: which policy rule decides where a packet goes, found as the kernel does
 * (net/core/fib_rules.c): rules by priority, each with all its conditions, `not`, goto, and suppressed
 * routes; tables by the longest prefix, then the metric. Pure.
 *
 * Not known here: TOS, tunnels and conditions of later kernels, which count as not met; the table of a VRF,
 * which counts as one that has an answer. */
#ifndef POSTERN_GATEWAY_PLAN_ROUTING_WALK_H
#define POSTERN_GATEWAY_PLAN_ROUTING_WALK_H

#include "base/buf.h"
#include "base/routing_data.h"

/* As read by net/routing, of the packet's family; rules in the kernel's order. */
struct routing_tables {
    const struct routing_rules *rules;
    const struct routing_routes *routes;
    const struct routing_interfaces *interfaces;
};

/* One that is forwarded. */
struct routing_packet {
    union inet_address from, to; /* of one family */
    uint32_t mark;
    const char *interface; /* by which it came in */
    uint8_t protocol;
    uint16_t sport, dport;
};

struct routing_way {
    const struct routing_rule *rule;   /* NULL: none had an answer */
    const struct routing_route *route; /* NULL: the rule itself refuses, or is that of VRFs */
};

bool routing_rule_matches(const struct routing_rule *rule, const struct routing_packet *packet,
                          const struct routing_interfaces *interfaces);
struct routing_way routing_walk(const struct routing_tables *tables, const struct routing_packet *packet);
/* Appends the rule as `ip rule add` takes it, without its priority. False: it has what is not known here. */
bool routing_rule_print(const struct routing_rule *rule, struct buf *out);

#endif
