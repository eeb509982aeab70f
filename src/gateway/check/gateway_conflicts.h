/* gateway_conflicts: finds routes in our tables and rules with our marks that belong to others. Read-only.
 * What is ours by the plan or the journal is left out. Packet filters of others are checked by
 * gateway/check/gateway_firewall. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_CONFLICTS_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_CONFLICTS_H

#include "gateway/kernel/gateway.h"
#include "gateway/kernel/gateway_kernel.h"

void gateway_conflicts_routing(const struct gateway *gateway, const struct gateway_kernel *kernel,
                               struct problems *problems);
/* Could a packet with one of our marks match the rule? */
bool gateway_conflicts_matches(const struct routing_rule *rule, const struct fwmark *ours);

#endif
