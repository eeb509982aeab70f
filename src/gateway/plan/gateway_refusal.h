/* gateway_refusal: policy rules that refuse unmarked mail even while the nftables table is missing. They are
 * used if no_proxy = block. Pure.
 *
 * A packet without one of our marks that comes in by a listed interface and goes to one of [gateway] ports is
 * looked up in the refusal table. The default route of that table is unreachable. Destinations in `lan` and
 * `bypass` have throw routes, so that later rules decide about them. Redirected packets never reach the
 * refusal table, because the local table precedes it.
 *
 * Packets from `bypass` and from the proxies skip the refusal table. This is also necessary for the replies
 * to them: a strict rp_filter looks up the way back of each reply, and drops the reply if that way is
 * unreachable. The role local does not use these rules, because this host's own connections are routed before
 * they are redirected. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_REFUSAL_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_REFUSAL_H

#include "gateway/plan/gateway_plan.h"

/* Adds the rules and routes for one family. */
void gateway_refusal_add(struct gateway_plan *plan, const struct conf *conf, int family);

#endif
