/* gateway_nft_parts: building blocks for the chains of gateway_nft. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_NFT_PARTS_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_NFT_PARTS_H

#include "gateway/plan/gateway_nft.h"

/* Names of an address family. */
struct gateway_family {
    int family;
    char digit;
    const char *name;    /* "IPv4" */
    const char *nfproto; /* "ipv4" */
    const char *ip;      /* "ip" */
};

extern const struct gateway_family gateway_families[2];

/* Appends "\t# text\n". */
void gateway_part_note(struct buf *out, const char *text);
/* Appends a rule with its comment. */
void gateway_part_rule(struct buf *out, const char *comment, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Append the networks or hosts of one family: "192.168.0.3" or "{ a, b }". False: there are none, and nothing
 * is appended. */
bool gateway_part_networks(const struct inet_networks *networks, int family, struct buf *out);
bool gateway_part_hosts(const struct inet_addresses *hosts, int family, struct buf *out);
/* Appends "tcp dport 110" (direction 'd') or "tcp sport 110" ('s'). */
void gateway_part_ports(const struct inet_ports *ports, char direction, struct buf *out);
/* Append the statement that sets the mark ("meta mark set ..."), and the condition that a packet has the mark
 * ("meta mark ..."). The statement keeps the bits outside the mask; the condition ignores them. */
void gateway_part_set_mark(struct fwmark mark, struct buf *out);
void gateway_part_has_mark(struct fwmark mark, struct buf *out);
/* Appends rules with the verdict `return` for packets that are not to be diverted: packets from interfaces
 * that are not listed, packets to the LAN, and packets from or to a network in bypass. If `local`, the rules
 * are for this host's own connections: the rules for incoming interfaces and for sources are left out. */
void gateway_part_exceptions(const struct conf *conf, bool local, struct buf *out);
/* Appends the same rules without the one for interfaces. */
void gateway_part_except_networks(const struct conf *conf, bool local, struct buf *out);
/* Appends "\"eth0\"" or "{ a, b }", without the interfaces in `except` (may be NULL). False: none is left. */
bool gateway_part_interfaces(const struct inet_interfaces *interfaces, const struct inet_interfaces *except,
                             struct buf *out);
/* Appends a rule with the verdict `return` for packets from the proxies' addresses. Appends nothing if the
 * family has no proxy. */
void gateway_part_except_proxies(const struct conf *conf, const struct gateway_family *in, struct buf *out);

/* Appends the mirror's sets and chains. */
void gateway_mirror_print(const struct conf *conf, const struct gateway_facts *facts, struct buf *out);
/* Appends the mirror's chain for ICMP errors about diverted connections. */
void gateway_errors_print(const struct conf *conf, struct buf *out);
/* Appends the chain guard, the chain lost if no_proxy = block, and the set by_interface, in which both chains
 * count mail by incoming interface. */
void gateway_guard_print(const struct conf *conf, const struct gateway_facts *facts, struct buf *out);
/* Seed of the hash over all proxies. */
enum { GATEWAY_SEED_ALL = 0x6e };
/* Append the only rule of the family's chain `balance` or `fallback`, without tabs and line end. `fallback`
 * has no rule while all proxies or none of them are alive; then nothing is appended. Bit i of `alive` is set
 * if proxy i of [gateway] proxies is alive. */
void gateway_balance_rule(const struct conf *conf, const struct gateway_family *in, uint32_t alive,
                          struct buf *out);
void gateway_fallback_rule(const struct conf *conf, const struct gateway_family *in, uint32_t alive,
                           struct buf *out);

#endif
