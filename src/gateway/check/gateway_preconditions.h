/* gateway_preconditions: preconditions that this host does not meet, one line each, with a remedy.
 *
 * Called before anything is changed, and by check. Read-only. Checks that need privilege are skipped if
 * needs_root is false, and fail with an error if it is true. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_PRECONDITIONS_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_PRECONDITIONS_H

#include "gateway/kernel/gateway.h"

/* False, with an error added: the packet filter cannot be read or changed here (no nft, no ip, no
 * privilege). */
bool gateway_preconditions_can(bool needs_root, struct problems *problems);
/* Checks the rest: interfaces, unreachable proxies, tables and marks in use, packet filters of others. */
void gateway_preconditions_check(const struct gateway *gateway, struct problems *problems);

#endif
