/* gateway_facts: reads the facts about this host that a plan depends on. Changes nothing, needs no
 * privilege. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_FACTS_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_FACTS_H

#include "gateway/plan/gateway_plan.h"

/* If there are more addresses than fit, those in [gateway] proxies come first. False, with an error in
 * *problems: the user of [postern] does not exist, and the roles need it. */
bool gateway_facts_read(const struct conf *conf, struct gateway_facts *facts, struct problems *problems);

#endif
