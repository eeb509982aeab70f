/* firewall_packet: matches a packet against single conditions of rules. Pure. Part of firewall_nft and
 * firewall_iptables. */
#ifndef POSTERN_GATEWAY_FIREWALL_FIREWALL_PACKET_H
#define POSTERN_GATEWAY_FIREWALL_FIREWALL_PACKET_H

#include "gateway/firewall/firewall.h"

enum firewall_match firewall_not(enum firewall_match match);
enum firewall_match firewall_and(enum firewall_match a, enum firewall_match b);
enum firewall_match firewall_or(enum firewall_match a, enum firewall_match b);
enum firewall_match firewall_bool(bool is_so);

/* If `name` ends in `wildcard` ('*' or '+'), it is a prefix. is: the packet's interface; NULL: unknown. */
enum firewall_match firewall_interface(const char *is, struct span name, char wildcard);
/* Is the client in "192.0.2.0/24", or one address? The other family: no. */
enum firewall_match firewall_source(const struct firewall_packet *packet, struct span network);
/* Is the destination, a server or this host, in this network? Certain only if it contains all addresses, or
 * only neighbours of the clients, which a server is not. */
enum firewall_match firewall_destination(const struct firewall_packet *packet, struct span network);
/* "tcp", "udp", "6", "icmp" ... */
enum firewall_match firewall_protocol(struct span name);
/* NEW, established ... */
enum firewall_match firewall_state(const struct firewall_packet *packet, struct span name);

#endif
