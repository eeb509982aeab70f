/* gateway_check: the running kernel held against the plan; each difference named. Changes nothing. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_CHECK_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_CHECK_H

#include "gateway/kernel/gateway.h"

/* The host's own problems (gateway/check/gateway_preconditions) first. An error for what keeps the plan from
 * working, or is not as it says; a warning for what may. */
void gateway_check(const struct gateway *gateway, struct problems *problems);

/* Its parts, for those who tell them one by one. */
void gateway_check_journal(const struct gateway *gateway, struct problems *problems);
/* The nftables table, and what its chain guard had to refuse; takes root and nft (gateway_preconditions_can).
 */
void gateway_check_table(const struct gateway *gateway, struct problems *problems);
/* Policy rules, routes, and whether a packet with a proxy's mark really goes to that proxy. */
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
