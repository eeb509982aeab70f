/* gateway_nft: the text of our one table, for `nft -f`.
 *
 * Its chains, each present only if a role needs it:
 *   divert      mirror, at prerouting before connection tracking: skips exceptions, sends mail to decideN,
 *               or to no_proxyN if the family has no proxy
 *   decideN     N is 4 or 6: sends a packet to the proxy that has its connection, otherwise to balanceN
 *   balanceN    hashes over all proxies of the family; the slot of a dead proxy jumps to fallbackN
 *   fallbackN   hashes over the live proxies
 *   proxyN_I    remembers the connection in the set flowsN_I and marks the packet for proxy I
 *   no_proxyN   refuses or passes mail while no proxy is alive
 *   errors      mirror: diverts routers' ICMP errors about diverted connections to the proxies
 *   lost        mirror and proxy, if no_proxy = block, after our other chains at prerouting: refuses mail
 *               that is neither marked nor redirected
 *   guard       mirror and proxy: refuses mail that would be forwarded past the proxies, and counts it by
 *               incoming interface; with no_proxy = pass it only counts mail by unlisted interfaces
 *   redirects   drops ICMP and ICMPv6 redirects that this host would send
 *   proxy       redirects mail that arrives (nat), or passes it to TPROXY (filter)
 *   transparent passes mail to TPROXY, if other listeners use REDIRECT
 *   replies     keeps servers' replies to a client's address on this host
 *   local       redirects this host's own connections
 *
 * Each rule with a verdict has a counter, and a comment that is unique in its chain. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_NFT_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_NFT_H

#include "gateway/plan/gateway_plan.h"

/* The chains whose rules `gateway watch` replaces (gateway_balance_print). */
#define GATEWAY_BALANCE_CHAINS                                 \
    {                                                          \
        "balance4", "fallback4", "balance6", "fallback6", NULL \
    }

/* Formats of names: %c is the digit of the family, %zu the number of the proxy. */
#define GATEWAY_PROXY_CHAIN "proxy%c_%zu"
#define GATEWAY_FLOWS_SET "flows%c_%zu"
#define GATEWAY_BALANCE_CHAIN "balance%c"

/* Comments of rules whose counters are read. The first two are followed by the family, and by the protocol if
 * there are several: "mail (IPv4, pop3)". */
#define GATEWAY_COMMENT_MAIL "mail"
#define GATEWAY_COMMENT_LOCAL_PROXY "for the proxy on this host"
#define GATEWAY_COMMENT_PACKETS "packets"
#define GATEWAY_COMMENT_BEGUN "connections begun"

/* The chains that refuse mail, and the prefix of the comments of their rules that refuse mail by listed
 * interfaces. */
#define GATEWAY_GUARD_CHAIN "guard"
#define GATEWAY_LOST_CHAIN "lost"
#define GATEWAY_GUARD_REFUSES "not on its way to a proxy"
/* The comment of the rule for interfaces that [gateway] does not list, and the set that counts by
 * interface. */
#define GATEWAY_GUARD_UNLISTED "by an interface that is not listed"
#define GATEWAY_GUARD_SET "by_interface"

/* Appends `table inet postern { ... }`. */
void gateway_nft_print(const struct conf *conf, const struct gateway_facts *facts, struct buf *out);

/* Returns whether the proxy on this host accepts only packets that the mirror on the same host has marked. */
bool gateway_proxy_needs_mark(const struct conf *conf);

#endif
