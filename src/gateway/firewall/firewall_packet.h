/* firewall_packet: compares a packet with single conditions of rules, for firewall_nft and firewall_iptables.
 * Pure. */
#ifndef POSTERN_GATEWAY_FIREWALL_FIREWALL_PACKET_H
#define POSTERN_GATEWAY_FIREWALL_FIREWALL_PACKET_H

#include "gateway/firewall/firewall.h"

enum firewall_match firewall_not(enum firewall_match match);
enum firewall_match firewall_and(enum firewall_match a, enum firewall_match b);
enum firewall_match firewall_or(enum firewall_match a, enum firewall_match b);
enum firewall_match firewall_bool(bool is_so);

/* Compares the packet's interface `actual` (NULL: unknown) with `name`. If `name` ends in `wildcard` ('*' or
 * '+'), it is a prefix. */
enum firewall_match firewall_interface(const char *actual, struct span name, char wildcard);
/* Returns whether the client is in the network ("192.0.2.0/24", or one address). FIREWALL_NO if the network
 * is of another family. */
enum firewall_match firewall_source(const struct firewall_packet *packet, struct span network);
/* Returns whether the destination, a server or this host, is in the network. FIREWALL_YES: the network
 * contains all addresses. FIREWALL_NO: the network is of another family. Also FIREWALL_NO if the packet is
 * not for this host and the network is part of the clients' networks, because no server is there. */
enum firewall_match firewall_destination(const struct firewall_packet *packet, struct span network);
/* `name`: "tcp", "udp", "6", "icmp" ... */
enum firewall_match firewall_protocol(struct span name);
/* `name`: "NEW", "established", "dnat" ... */
enum firewall_match firewall_state(const struct firewall_packet *packet, struct span name);

#endif
