/* gateway_nft_parts: what the chains of gateway_nft are made of. Part of gateway_nft.c, gateway_nft_mirror.c,
 * gateway_nft_errors.c, gateway_nft_guard.c and gateway_spread.c. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_NFT_PARTS_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_NFT_PARTS_H

#include "gateway/plan/gateway_nft.h"

/* How a family is written. */
struct gateway_family {
    int family;
    char digit;
    const char *name;    /* IPv4 */
    const char *nfproto; /* ipv4 */
    const char *ip;      /* ip */
};

extern const struct gateway_family gateway_families[2];

/* "\t# text". */
void gateway_part_note(struct buf *out, const char *text);
/* One rule of a chain, with its comment. */
void gateway_part_rule(struct buf *out, const char *comment, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "192.168.0.3" or "{ a, b }" of one family. False, and nothing is appended: there are none. */
bool gateway_part_networks(const struct inet_networks *networks, int family, struct buf *out);
bool gateway_part_hosts(const struct inet_addresses *hosts, int family, struct buf *out);
/* "tcp dport 110"; direction d or s. */
void gateway_part_ports(const struct inet_ports *ports, char direction, struct buf *out);
/* "meta mark set ..." and "meta mark ..." under the mask. */
void gateway_part_set_mark(struct fwmark mark, struct buf *out);
void gateway_part_has_mark(struct fwmark mark, struct buf *out);
/* What is never diverted: other interfaces (not for `local`), the LAN, what is to be let through. */
void gateway_part_exceptions(const struct conf *conf, bool local, struct buf *out);
/* The same without the interfaces. */
void gateway_part_except_networks(const struct conf *conf, bool local, struct buf *out);
/* "\"eth0\"" or "{ a, b }", those in `but` (may be NULL) left out. False, and nothing is appended: none. */
bool gateway_part_interfaces(const struct inet_interfaces *interfaces, const struct inet_interfaces *but,
                             struct buf *out);
/* Nor what the proxies of the mirror here send themselves. */
void gateway_part_except_proxies(const struct conf *conf, const struct gateway_family *in, struct buf *out);

/* The mirror's sets and chains. */
void gateway_mirror_print(const struct conf *conf, const struct gateway_facts *facts, struct buf *out);
/* The mirror's chain for ICMP errors about diverted connections. */
void gateway_errors_print(const struct conf *conf, struct buf *out);
/* The chain guard. */
void gateway_guard_print(const struct conf *conf, const struct gateway_facts *facts, struct buf *out);
/* Of the hash over all proxies. */
enum { GATEWAY_SEED_ALL = 0x6e };
/* The one rule of a family's chain that spreads, and of the one for the clients of the dead, with neither
 * tabs nor line end; an empty one is no rule. */
void gateway_balance_rule(const struct conf *conf, const struct gateway_family *in, uint32_t alive,
                          struct buf *out);
void gateway_rest_rule(const struct conf *conf, const struct gateway_family *in, uint32_t alive,
                       struct buf *out);

#endif
