/* gateway_firewall: what packet filters of others on this host do to mail: nftables, both kinds of iptables,
 * and what ufw, firewalld and Docker install in these.
 *
 * It follows the first packet of a connection through each hook: on a mirror prerouting, and forward on the
 * way to another host's proxy; on a proxy prerouting and input from clients, and output to servers.
 * Read-only; needs root. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_H

#include "gateway/kernel/gateway.h"

struct gateway_obstacle {
    bool is_certain; /* true: it drops mail; false: it does so unless a rule that is not understood accepts it
                      */
    char *text;      /* owned: which chain drops what */
    char *cure;      /* owned: a command; NULL: none */
};

struct gateway_obstacles {
    size_t n;
    struct gateway_obstacle *at;
};

/* Adds one per base chain. A ruleset that cannot be read is an uncertain one. */
void gateway_firewall_find(const struct gateway *gateway, struct gateway_obstacles *obstacles);
void gateway_obstacles_fini(struct gateway_obstacles *obstacles);
/* The same as problems: certain ones are errors, with the cure in the text. */
void gateway_firewall_check(const struct gateway *gateway, struct problems *problems);

#endif
