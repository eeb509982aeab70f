/* gateway_facts: reads the facts about this host that a plan depends on. Read-only; needs no privilege. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_FACTS_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_FACTS_H

#include "gateway/plan/gateway_plan.h"

/* If this host has more addresses than fit, those in [gateway] proxies are kept. False: the addresses cannot
 * be read, or the user that the role local needs does not exist. An error was added. */
bool gateway_facts_read(const struct conf *conf, struct gateway_facts *facts, struct problems *problems);

#endif
