/* gateway_conflicts: finds routes of other programs in our tables, and policy rules of other programs that
 * match our marks. A route or rule that is in the plan or in the journal is ours. Read-only. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_CONFLICTS_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_CONFLICTS_H

#include "gateway/kernel/gateway.h"
#include "gateway/kernel/gateway_kernel.h"

void gateway_conflicts_routing(const struct gateway *gateway, const struct gateway_kernel *kernel,
                               struct problems *problems);
/* Returns whether a packet with our mark can meet the mark condition of the rule. */
bool gateway_conflicts_matches(const struct routing_rule *rule, const struct fwmark *ours);

#endif
