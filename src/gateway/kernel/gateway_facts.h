/* gateway_facts: what a plan must be told of this host, asked of it. Changes nothing, needs no privilege. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_FACTS_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_FACTS_H

#include "gateway/plan/gateway_plan.h"

/* Of more addresses than there is room for, those that [gateway] proxies has come first. False, and an error
 * is in *problems: the user of [postern] is not there, and the roles need it. */
bool gateway_facts_read(const struct conf *conf, struct gateway_facts *facts, struct problems *problems);

#endif
