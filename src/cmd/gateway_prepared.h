/* gateway_prepared: the plan for this host. Verbs of `postern gateway` print it, install it, or compare the
 * kernel with it. */
#ifndef POSTERN_CMD_GATEWAY_PREPARED_H
#define POSTERN_CMD_GATEWAY_PREPARED_H

#include "gateway/kernel/gateway.h"

struct gateway_prepared {
    struct gateway_facts facts;
    struct gateway_plan plan;
    struct gateway gateway; /* points to `facts` and `plan` above */
    struct problems problems;
};

/* False: there is no complete plan, and `problems` has the reason. The caller must call
 * gateway_prepared_fini, also after a failure. */
bool gateway_prepare(struct gateway_prepared *prepared, const struct conf *conf);
/* Like gateway_prepare, but the plan has only what is possible before the network is up
 * (gateway_plan_keep_early). */
bool gateway_prepare_early(struct gateway_prepared *prepared, const struct conf *conf);
void gateway_prepared_fini(struct gateway_prepared *prepared);

/* Prints the problems to standard error, and `text` (NULL: nothing) to standard output. With `json`, {`key`:
 * is_done, "problems": [...]} replaces `text`. Returns the exit status: CMD_FAILED if one of the problems is
 * an error, or the output has failed. */
int gateway_prepared_output(const struct gateway_prepared *prepared, bool json, const char *key, bool is_done,
                            const char *text);

#endif
