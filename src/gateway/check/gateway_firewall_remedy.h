/* gateway_firewall_remedy: the command that makes a firewall accept mail. It is a command of the program that
 * owns the chain: ufw, firewalld, iptables (also for Docker), or nft. Pure. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_REMEDY_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_REMEDY_H

#include "gateway/check/gateway_firewall_packets.h"

struct gateway_cure {
    const struct gateway *gateway;
    const struct gateway_sample *sample;
    const struct firewall *firewall;
    const struct firewall_chain *chain; /* the base chain that drops the packet */
    bool has_firewalld;                 /* firewall-cmd is installed */
};

/* Appends the command, one line for a shell. */
void gateway_firewall_remedy(const struct gateway_cure *cure, struct buf *out);

/* The `family` of chains of iptables-legacy. nft does not show these chains. */
#define GATEWAY_LEGACY4 "iptables-legacy"
#define GATEWAY_LEGACY6 "ip6tables-legacy"

#endif
