/* gateway_refusal: policy rules by which a gateway refuses unmarked mail, a second line behind the nftables
 * table, for the time in which that is flushed (no_proxy = block).
 *
 * What comes in by an interface of the clients for a port of [gateway] ports, and has no mark by which an
 * earlier rule knew it, is looked up in a table of its own: that throws the packet back to the following
 * rules if it is for `lan` or `bypass`, and is unreachable otherwise. Packets from `bypass` and from the
 * proxies skip the rule, so that replies to them pass a strict rp_filter, too. What is redirected to this
 * host never meets it: the local table is asked first. Not for the role local: connections of this host are
 * routed before they are redirected. Pure. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_REFUSAL_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_REFUSAL_H

#include "gateway/plan/gateway_plan.h"

/* Adds it for one family. */
void gateway_refusal_add(struct gateway_plan *plan, const struct conf *conf, int family);

#endif
