/* gateway_conflicts: what others have on this host that gets in the way of what [gateway] wants: routes in
 * our tables, rules with our marks. Looks only; what is ours by the plan or by the journal is left out. Their
 * packet filters are gateway/check/gateway_firewall's. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_CONFLICTS_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_CONFLICTS_H

#include "gateway/kernel/gateway.h"
#include "gateway/kernel/gateway_kernel.h"

void gateway_conflicts_routing(const struct gateway *gateway, const struct gateway_kernel *kernel,
                               struct problems *problems);
/* Could a packet with the mark of ours match the rule? */
bool gateway_conflicts_matches(const struct routing_rule *rule, const struct fwmark *ours);

#endif
