/* gateway_check: compares the running kernel with the plan and reports each difference. Changes nothing. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_CHECK_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_CHECK_H

#include "gateway/kernel/gateway.h"

/* Checks the host's preconditions (gateway/check/gateway_preconditions) first. Adds an error for each
 * difference from the plan, and for each reason why the plan does not work. A reason that is only possible
 * adds a warning. */
void gateway_check(const struct gateway *gateway, struct problems *problems);

/* The parts of gateway_check, for callers that report each part separately. */
void gateway_check_journal(const struct gateway *gateway, struct problems *problems);
/* Compares the nftables table, and reports packets that its chains have refused. Needs root and nft
 * (gateway_preconditions_has_access). */
void gateway_check_table(const struct gateway *gateway, struct problems *problems);
/* Checks policy rules and routes, and whether a packet with a proxy's mark is routed to that proxy. */
void gateway_check_routing(const struct gateway *gateway, struct problems *problems);
enum gateway_settings_part {
    GATEWAY_SETTINGS_FORWARDING = 1,
    GATEWAY_SETTINGS_REDIRECTS = 2,
    GATEWAY_SETTINGS_OTHERS = 4,
    GATEWAY_SETTINGS_PATH_MTU = 8,
    GATEWAY_SETTINGS_ALL = 15,
};
void gateway_check_settings(const struct gateway_plan *plan, unsigned parts, struct problems *problems);

#endif
