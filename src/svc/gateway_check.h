/* gateway_check: the running kernel held against the plan; each difference named. Changes nothing. */
#ifndef POSTERN_SVC_GATEWAY_CHECK_H
#define POSTERN_SVC_GATEWAY_CHECK_H

#include "svc/gateway.h"

/* The host's own problems (svc/gateway_host) first. An error for what keeps the plan from working, or is not
 * as it says; a warning for what may. */
void gateway_check(const struct gateway *gateway, struct conf_problems *problems);

#endif
