/* gateway_preconditions: finds preconditions of the plan that this host does not meet, each with a remedy.
 * `apply` checks them before it changes anything; `plan`, `check` and `postern doctor` check them, too.
 * Read-only. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_PRECONDITIONS_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_PRECONDITIONS_H

#include "gateway/kernel/gateway.h"

/* Returns whether nft and ip are installed and, if needs_root, this process may change the packet filter.
 * Adds an error for each condition that is not met. */
bool gateway_preconditions_has_access(bool needs_root, struct problems *problems);
/* Checks everything else: interfaces, IPv6, proxies, rp_filter, bridges, tables and marks in use. */
void gateway_preconditions_check(const struct gateway *gateway, struct problems *problems);

#endif
