/* gateway_firewall_remedy: the command that has a firewall let mail pass, in the words of the program that
 * made the chain: ufw, firewalld, Docker with iptables, iptables, or nft. Pure but for whether firewall-cmd
 * is installed, which it is told. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_REMEDY_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_REMEDY_H

#include "gateway/check/gateway_firewall_packets.h"

struct gateway_cure {
    const struct gateway *gateway;
    const struct gateway_passer *passer;
    const struct firewall *firewall;
    const struct firewall_chain *chain; /* the base chain that drops the packet */
    bool has_firewalld;
};

/* Appends it, a line that a shell takes. */
void gateway_firewall_remedy(const struct gateway_cure *cure, struct buf *out);

/* The `family` of chains that iptables-legacy has: they are iptables' own, and nft does not know them. */
#define GATEWAY_LEGACY4 "iptables-legacy"
#define GATEWAY_LEGACY6 "ip6tables-legacy"

#endif
