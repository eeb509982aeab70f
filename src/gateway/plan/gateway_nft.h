/* gateway_nft: prints our only nftables table as text for `nft -f`.
 *
 * The table has the following chains, each only if a role needs it. N is 4 (IPv4) or 6 (IPv6), and I is the
 * number of a proxy.
 *
 * Chains of the mirror:
 *   divert      at prerouting, before connection tracking. Skips the exceptions. Sends mail to decideN, or to
 *               no_proxyN if the family has no proxy
 *   decideN     sends SYNs and packets of unknown connections to balanceN, all others to their proxyN_I
 *   balanceN    selects a proxy by a hash over all proxies; the hash value of a dead proxy leads to fallbackN
 *   fallbackN   selects a proxy by a hash over the live proxies
 *   proxyN_I    remembers the connection in the set flowsN_I, and sets the mark of proxy I
 *   no_proxyN   refuses mail or lets it pass, while no proxy is alive
 *   errors      sends routers' ICMP errors to the proxies, if they are about diverted connections
 * Chains of the mirror and of the proxy:
 *   lost        only if no_proxy = block. At prerouting, after the other chains, refuses mail that is neither
 *               marked nor redirected
 *   guard       if no_proxy = block, refuses mail that would be forwarded past the proxies, and counts it by
 *               incoming interface. If no_proxy = pass, only counts mail from unlisted interfaces
 *   redirects   drops ICMP and ICMPv6 redirects that this host would send
 * Chains of the proxy:
 *   proxy       redirects mail that arrives (nat), or passes it to TPROXY (filter)
 *   transparent passes mail to TPROXY; only if another listener uses REDIRECT
 *   replies     only if source = client. Servers send their replies to the client's address; this chain makes
 *               this host receive them instead of forwarding them
 * Chain of the role local:
 *   local       redirects this host's own connections to mail servers
 *
 * Each rule with a verdict has a counter. Each rule has a comment that is unique in its chain. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_NFT_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_NFT_H

#include "gateway/plan/gateway_plan.h"

/* The chains whose rules `gateway watch` replaces (gateway_balance_print). */
#define GATEWAY_BALANCE_CHAINS                                 \
    {                                                          \
        "balance4", "fallback4", "balance6", "fallback6", NULL \
    }

/* Formats of names. %c is 4 or 6 for the family, %zu the number of the proxy. */
#define GATEWAY_PROXY_CHAIN "proxy%c_%zu"
#define GATEWAY_FLOWS_SET "flows%c_%zu"
#define GATEWAY_BALANCE_CHAIN "balance%c"

/* Comments of rules whose counters are read. The first two are followed by the family: "mail (IPv4)". If
 * several listeners have ports, the rules of the roles proxy and local add the protocol: "mail (IPv4,
 * pop3)". */
#define GATEWAY_COMMENT_MAIL "mail"
#define GATEWAY_COMMENT_LOCAL_PROXY "for the proxy on this host"
#define GATEWAY_COMMENT_PACKETS "packets"
#define GATEWAY_COMMENT_BEGUN "connections begun"

/* Two chains that refuse mail. Their rules that refuse mail from listed interfaces have comments that begin
 * with GATEWAY_GUARD_REFUSES. */
#define GATEWAY_GUARD_CHAIN "guard"
#define GATEWAY_LOST_CHAIN "lost"
#define GATEWAY_GUARD_REFUSES "not on its way to a proxy"
/* The comment of the rule for mail from interfaces that [gateway] does not list, and the name of the set that
 * counts mail by incoming interface. */
#define GATEWAY_GUARD_UNLISTED "by an interface that is not listed"
#define GATEWAY_GUARD_SET "by_interface"

/* Appends `table inet postern { ... }`. */
void gateway_nft_print(const struct conf *conf, const struct gateway_facts *facts, struct buf *out);

/* Returns whether this host is a mirror that has proxies. If it is also a proxy, this proxy then accepts only
 * packets that the mirror has marked for this host. */
bool gateway_proxy_needs_mark(const struct conf *conf);

#endif
