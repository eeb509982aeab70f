/* gateway_preconditions: what of this host stands in the plan's way, one line each, with what to do.
 *
 * Before anything is done, and again by check. Looks only. What could not be looked at without privilege is
 * left out where needs_root is false, and is an error where it is true. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_PRECONDITIONS_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_PRECONDITIONS_H

#include "gateway/kernel/gateway.h"

/* False, and an error is there: not even the plan can be looked at or changed here (no nft, no ip, no
 * privilege). */
bool gateway_preconditions_can(bool needs_root, struct problems *problems);
/* The rest: interfaces, proxies out of reach, tables and marks of others, other people's chains. */
void gateway_preconditions_check(const struct gateway *gateway, struct problems *problems);

#endif
