/* gateway_conflicts: finds routes of others in our tables, and rules of others with our marks. Routes and
 * rules in the plan or the journal are ours. Read-only. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_CONFLICTS_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_CONFLICTS_H

#include "gateway/kernel/gateway.h"
#include "gateway/kernel/gateway_kernel.h"

void gateway_conflicts_routing(const struct gateway *gateway, const struct gateway_kernel *kernel,
                               struct problems *problems);
/* Returns whether a packet with our mark can match the mark of the rule. */
bool gateway_conflicts_matches(const struct routing_rule *rule, const struct fwmark *ours);

#endif
