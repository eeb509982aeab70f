/* gateway: the configuration, the facts and the plan of a gateway, for the code that installs, checks and
 * removes the plan. The pointers are borrowed. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_H

#include "gateway/plan/gateway_plan.h"

struct gateway {
    const struct conf *conf;
    const struct gateway_facts *facts;
    const struct gateway_plan *plan;
};

#endif
