/* gateway_refusal: policy rules by which a gateway refuses unmarked mail while the nftables table is flushed
 * (no_proxy = block): a second line of defence.
 *
 * A packet that comes in by a client's interface for one of [gateway] ports, without a mark for an earlier
 * rule, is looked up in a table of its own. That table is unreachable, except for destinations in `lan` and
 * `bypass`: these are thrown back to the following rules. Packets from `bypass` and from the proxies skip the
 * rule, so that replies to them also pass a strict rp_filter. Redirected packets never reach the rule, as the
 * local table comes first. The role local does not use it, as a host's own connections are routed before they
 * are redirected. Pure. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_REFUSAL_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_REFUSAL_H

#include "gateway/plan/gateway_plan.h"

/* Adds the rules and routes for one family. */
void gateway_refusal_add(struct gateway_plan *plan, const struct conf *conf, int family);

#endif
