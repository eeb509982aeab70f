/* gateway: what [gateway] wants, for those who lay it, look at it and take it away. Borrowed. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_H

#include "gateway/plan/gateway_plan.h"

struct gateway {
    const struct conf *conf;
    const struct gateway_facts *facts;
    const struct gateway_plan *plan;
};

#endif
