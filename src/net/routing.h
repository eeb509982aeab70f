/* routing: the kernel's policy rules, routes and interfaces as they are now, by rtnetlink (rtnetlink(7)).
 *
 * Reads only; needs no privilege. Changes go through ip(8) (svc/gateway_apply), so that what was done can be
 * shown and repeated by hand. */
#ifndef POSTERN_NET_ROUTING_H
#define POSTERN_NET_ROUTING_H

#include "conf/conf.h"

struct routing_rule {
    int family;
    uint32_t priority, table;
    uint32_t mark, mask; /* fwmark; mask 0: the rule has none */
    uint8_t action;      /* FR_ACT_* */
    bool has_more;       /* it asks for more than the mark: a source, an interface ... */
};

struct routing_route {
    int family;
    uint32_t table, metric;
    uint8_t type;     /* RTN_* */
    uint8_t bits;     /* of the destination; 0: default */
    uint8_t protocol; /* RTPROT_* */
    bool has_via;
    union conf_address via;
    unsigned interface; /* index; 0: none */
};

struct routing_interface {
    unsigned index;
    char name[IF_NAMESIZE];
    bool is_up, is_loopback;
};

/* A list that grows; free `at`. All return false with errno. family AF_INET, AF_INET6; table 0: of all. */
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
bool routing_read_rules(int family, struct routing_rules *rules);
bool routing_read_routes(int family, uint32_t table, struct routing_routes *routes);
bool routing_read_interfaces(struct routing_interfaces *interfaces);
/* The first CONF_LIST_MAX of this host, no link-local ones. Whether one address is ours routing_is_own tells
 * of any. */
bool routing_read_addresses(struct conf_addresses *own);
/* Would a packet to it stay on this host? */
bool routing_is_own(const union conf_address *address);

/* Where a packet would go. mark 0: none; interface 0: one of our own, else one that came in there; from may
 * be NULL. *route: type, via, interface, table. False with errno: EHOSTUNREACH, ENETUNREACH, EACCES
 * (prohibit) ... */
bool routing_lookup(const union conf_address *to, const union conf_address *from, uint32_t mark,
                    unsigned interface, struct routing_route *route);

#endif
