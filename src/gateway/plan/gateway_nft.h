/* gateway_nft: the text of our one table, for `nft -f`.
 *
 * Its chains, each there only if the roles ask for it:
 *   divert        mirror, at prerouting before connection tracking: what is left alone, and to whom the rest
 *   decideN       N is 4 or 6: a packet of a connection that a proxy has goes to that proxy, others to
 *   spreadN       which hashes over all proxies of the family; the slot of a dead one jumps to
 *   restN         which hashes over the living
 *   proxyN_I      given to proxy I: remembered in the set flowsN_I, marked
 *   noneN         no proxy: refused, or let through
 *   errors        mirror: gives the proxies the ICMP errors that routers send about their connections
 *   lost          mirror and proxy, if no_proxy = block: refuses mail that is neither marked nor redirected,
 *                 after all other chains at prerouting
 *   guard         mirror and proxy: refuses mail that is forwarded past the proxies, counted by the interface
 *                 that it came in by; with no_proxy = pass it only counts that of interfaces not listed
 *   redirects     drops ICMP and ICMPv6 redirects of our own
 *   proxy         redirects what arrives for mail servers (nat), or gives it to TPROXY (filter)
 *   transparent   gives it to TPROXY where other listeners have it redirected
 *   replies       keeps on this host what servers answer to a client's address
 *   local         redirects this host's own connections
 *
 * Each rule with a verdict has a counter, and a comment that no other rule of its chain has. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_NFT_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_NFT_H

#include "gateway/plan/gateway_plan.h"

/* Those whose rules `gateway watch` replaces (gateway_balance_print); all others stay as the plan has them.
 */
#define GATEWAY_SPREAD_CHAINS                        \
    {                                                \
        "spread4", "rest4", "spread6", "rest6", NULL \
    }

/* Formats of names: %c is the digit of the family, %zu the number of the proxy. */
#define GATEWAY_PROXY_CHAIN "proxy%c_%zu"
#define GATEWAY_FLOWS_SET "flows%c_%zu"
#define GATEWAY_SPREAD_CHAIN "spread%c"

/* Comments of the rules whose counters are read back. The family follows the first two: "mail (IPv4)". */
#define GATEWAY_COMMENT_MAIL "mail"
#define GATEWAY_COMMENT_GIVEN "given to this host"
#define GATEWAY_COMMENT_PACKETS "packets"
#define GATEWAY_COMMENT_BEGUN "connections begun"

/* The chains that refuse mail, and how the comments of those rules begin. */
#define GATEWAY_GUARD_CHAIN "guard"
#define GATEWAY_LOST_CHAIN "lost"
#define GATEWAY_GUARD_REFUSES "not on its way to a proxy"
/* Of what came in by an interface that [gateway] does not list; and the set that counts by interface. */
#define GATEWAY_GUARD_UNLISTED "by an interface that is not listed"
#define GATEWAY_GUARD_SET "by_interface"

/* Appends `table inet postern { ... }`. */
void gateway_nft_print(const struct conf *conf, const struct gateway_facts *facts, struct buf *out);

/* Do the proxy's rules take only what the mirror here gave to this host? */
bool gateway_proxy_is_given(const struct conf *conf);

#endif
