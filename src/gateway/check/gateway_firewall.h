/* gateway_firewall: finds rules of others on this host that drop mail, in nftables, iptables-nft and
 * iptables-legacy. This includes the rules of ufw, firewalld and Docker. Read-only; needs root.
 *
 * It evaluates the first packet of a connection at these hooks:
 * - on a mirror, prerouting and, if a proxy is on another host, forward;
 * - on a proxy, prerouting and input from clients, and output to servers;
 * - with the role local, output to servers. */
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

/* Finds each base chain that drops mail. Rules that cannot be read count as an uncertain obstacle. */
void gateway_firewall_find(const struct gateway *gateway, struct gateway_obstacles *obstacles);
void gateway_obstacles_fini(struct gateway_obstacles *obstacles);
/* Adds the obstacles, with their cures, as problems: a certain obstacle as an error, another as a warning. */
void gateway_firewall_check(const struct gateway *gateway, struct problems *problems);

#endif
