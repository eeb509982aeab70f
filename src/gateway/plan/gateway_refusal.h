/* gateway_refusal: policy rules that refuse unmarked mail even while the nftables table is missing (no_proxy
 * = block).
 *
 * A packet to one of [gateway] ports that comes in by a listed interface, without a mark for an earlier rule,
 * is looked up in the refusal table. Its default route is unreachable; destinations in `lan` and `bypass`
 * have throw routes, so that the following rules decide. Packets from `bypass` and from the proxies skip the
 * lookup, so that replies to them also pass a strict rp_filter. Redirected packets never reach the lookup,
 * because the local table comes first. The role local does not use these rules, because a host's own
 * connections are routed before they are redirected. Pure. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_REFUSAL_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_REFUSAL_H

#include "gateway/plan/gateway_plan.h"

/* Adds the rules and routes for one family. */
void gateway_refusal_add(struct gateway_plan *plan, const struct conf *conf, int family);

#endif
