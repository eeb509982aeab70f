/* gateway_firewall: finds rules of others on this host that drop mail, in nftables and both kinds of
 * iptables, including those of ufw, firewalld and Docker.
 *
 * It evaluates the first packet of a connection at each hook: on a mirror prerouting, and forward to a proxy
 * on another host; on a proxy prerouting and input from clients, and output to servers; with the role local
 * output to servers. Read-only; needs root. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_H

#include "gateway/kernel/gateway.h"

struct gateway_obstacle {
    bool is_certain; /* false: a rule with unknown conditions may accept the mail */
    char *text;      /* owned: which chain drops what */
    char *cure;      /* owned: a command; NULL: none */
};

struct gateway_obstacles {
    size_t n;
    struct gateway_obstacle *at;
};

/* Finds an obstacle for each base chain that drops mail, and an uncertain one for each ruleset that cannot be
 * read. */
void gateway_firewall_find(const struct gateway *gateway, struct gateway_obstacles *obstacles);
void gateway_obstacles_fini(struct gateway_obstacles *obstacles);
/* Adds the obstacles as problems with the cure in the text: errors, or warnings if uncertain. */
void gateway_firewall_check(const struct gateway *gateway, struct problems *problems);

#endif
