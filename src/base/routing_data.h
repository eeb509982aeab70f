/* routing_data: policy rules, routes and interfaces of the kernel, as values. net/routing reads
 * them, routing_walk evaluates them. Numbers are those of rtnetlink(7) and linux/fib_rules.h. */
#ifndef POSTERN_BASE_ROUTING_DATA_H
#define POSTERN_BASE_ROUTING_DATA_H

#include "base/inet.h"

/* Value of suppress_bits and suppress_group: the rule does not have this option. */
#define ROUTING_NO_SUPPRESSION UINT32_MAX

struct routing_rule {
    int family;
    uint32_t priority, table;
    uint32_t mark, mask; /* fwmark; mask 0: the rule has none */
    uint8_t action;      /* FR_ACT_* */
    bool has_more;       /* there are conditions besides the mark: a source, an interface ... */
    bool is_inverted;    /* `not`: the condition is negated */
    bool is_l3mdev;      /* the rule is for packets of VRFs and uses the VRF's table */
    bool has_unknown;    /* there is a condition that net/routing does not read */
    bool has_uids;
    uint32_t uids[2];             /* first and last */
    struct inet_network from, to; /* bits 0: any */
    char iif[IF_NAMESIZE], oif[IF_NAMESIZE];
    uint8_t tos, protocol;         /* of the IP header; 0: any */
    uint16_t sports[2], dports[2]; /* first and last; last 0: any */
    uint32_t target;               /* FR_ACT_GOTO: priority of the next rule to evaluate */
    uint32_t suppress_bits;        /* routes with a prefix of at most this length are ignored */
    uint32_t suppress_group;       /* routes by an interface of this group are ignored */
};

struct routing_route {
    int family;
    uint32_t table, metric;
    uint8_t type;          /* RTN_* */
    uint8_t bits;          /* prefix length of the destination; 0: default route */
    union inet_address to; /* the destination, unless bits is 0 */
    uint8_t protocol;      /* RTPROT_* */
    bool is_dead;          /* its interface is down */
    bool has_via;
    union inet_address via;
    unsigned interface; /* index; 0: none */
};

struct routing_interface {
    unsigned index;
    char name[IF_NAMESIZE];
    bool is_up, is_loopback;
    unsigned master; /* index of the bridge, bond, team or VRF that it belongs to; 0: none */
    unsigned lower;  /* index of the interface below it (VLAN, macvlan ...); 0: none in this namespace */
    uint32_t group;  /* ip link set group; 0: default */
    char kind[IF_NAMESIZE];        /* "bridge", "vlan"; empty: hardware, or not reported */
    char alternative[IF_NAMESIZE]; /* a further name (altname); empty: none, or too long */
};

/* Growable lists. The owner frees `at`. */
struct routing_rules {
    size_t n;
    struct routing_rule *at;
};
struct routing_routes {
    size_t n;
    struct routing_route *at;
};
struct routing_interfaces {
    size_t n;
    struct routing_interface *at;
};

/* Returns the interface with that name or index; NULL if there is none. No interface has index 0. */
const struct routing_interface *routing_interface_named(const struct routing_interfaces *all,
                                                        const char *name);
const struct routing_interface *routing_interface_at(const struct routing_interfaces *all, unsigned index);

#endif
