/* gateway_prepared: the plan for this host, for the verbs that bring it into the kernel or hold the kernel
 * against it. */
#ifndef POSTERN_CMD_GATEWAY_PREPARED_H
#define POSTERN_CMD_GATEWAY_PREPARED_H

#include "gateway/kernel/gateway.h"

struct gateway_prepared {
    struct gateway_facts facts;
    struct gateway_plan plan;
    struct gateway gateway; /* of the two above */
    struct problems problems;
};

/* False: there is no plan, and an error in problems says why. To be ended either way. */
bool gateway_prepare(struct gateway_prepared *prepared, const struct conf *conf);
/* The same of what there can be before the network is up (gateway_plan_keep_early). */
bool gateway_prepare_early(struct gateway_prepared *prepared, const struct conf *conf);
void gateway_prepared_fini(struct gateway_prepared *prepared);

/* Says the problems, and `text` or, as JSON, an object of `key`: is_done, and the problems. The exit
 * status: CMD_FAILED if there is an error among them. */
int gateway_prepared_say(const struct gateway_prepared *prepared, bool json, const char *key, bool is_done,
                         const char *text);

#endif
