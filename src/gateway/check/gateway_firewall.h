/* gateway_firewall: what firewalls of others on this host do to mail: nftables, iptables of both kinds, and
 * what ufw, firewalld and Docker make of these.
 *
 * It asks for the first packet of a connection at each hook that it passes: on a mirror prerouting and
 * forward on the way to a proxy elsewhere; on a proxy prerouting and input from the clients, and output to
 * servers. Reads only; takes root. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_H

#include "gateway/kernel/gateway.h"

struct gateway_obstacle {
    bool
        is_certain; /* it drops mail; otherwise it drops it unless a rule that is not understood accepts it */
    char *text;     /* owned: which chain, what it drops */
    char *cure;     /* owned: a command; NULL: none */
};

struct gateway_obstacles {
    size_t n;
    struct gateway_obstacle *at;
};

/* One for each base chain. What could not be read is an uncertain one. */
void gateway_firewall_find(const struct gateway *gateway, struct gateway_obstacles *obstacles);
void gateway_obstacles_fini(struct gateway_obstacles *obstacles);
/* The same as problems: certain ones are errors, with the cure in the text. */
void gateway_firewall_check(const struct gateway *gateway, struct problems *problems);

#endif
