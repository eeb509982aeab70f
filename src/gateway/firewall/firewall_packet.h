/* firewall_packet: matches a packet against single conditions of rules. Pure. Part of firewall_nft and
 * firewall_iptables. */
#ifndef POSTERN_GATEWAY_FIREWALL_FIREWALL_PACKET_H
#define POSTERN_GATEWAY_FIREWALL_FIREWALL_PACKET_H

#include "gateway/firewall/firewall.h"

enum firewall_match firewall_not(enum firewall_match match);
enum firewall_match firewall_and(enum firewall_match a, enum firewall_match b);
enum firewall_match firewall_or(enum firewall_match a, enum firewall_match b);
enum firewall_match firewall_bool(bool is_so);

/* Compares the packet's interface `actual` (NULL: unknown) with `name`, a prefix if it ends in `wildcard`
 * ('*' or '+'). */
enum firewall_match firewall_interface(const char *actual, struct span name, char wildcard);
/* Returns whether the client is in the network, "192.0.2.0/24" or one address; FIREWALL_NO for another
 * family. */
enum firewall_match firewall_source(const struct firewall_packet *packet, struct span network);
/* Returns whether the destination, a server or this host, is in the network. FIREWALL_YES only if the network
 * contains all addresses; FIREWALL_NO for a network of another family and, unless the packet is for this
 * host, for a part of the clients' networks, in which no server is. */
enum firewall_match firewall_destination(const struct firewall_packet *packet, struct span network);
/* `name`: "tcp", "udp", "6", "icmp" ... */
enum firewall_match firewall_protocol(struct span name);
/* `name`: "NEW", "established", "dnat" ... */
enum firewall_match firewall_state(const struct firewall_packet *packet, struct span name);

#endif
