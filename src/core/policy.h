/* policy: what follows from a verdict. */
#ifndef POSTERN_CORE_POLICY_H
#define POSTERN_CORE_POLICY_H

#include "conf/conf.h"
#include "core/verdict.h"

enum action policy_action(const struct conf *conf, const struct verdict *verdict);

#endif
