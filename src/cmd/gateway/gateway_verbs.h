/* gateway_verbs: what `postern gateway VERB` does, a file a verb; the table of them is in gateway.c. Each
 * returns the exit status, and has said what went wrong. */
#ifndef POSTERN_CMD_GATEWAY_GATEWAY_VERBS_H
#define POSTERN_CMD_GATEWAY_GATEWAY_VERBS_H

#include "conf/conf.h"

struct gateway_wish {
    bool json;
    bool early;         /* of apply alone */
    const char *unread; /* of remove alone: the configuration is not good, and why; conf has what was */
};

int cmd_gateway_apply(const struct conf *conf, const struct gateway_wish *wish);
int cmd_gateway_check(const struct conf *conf, const struct gateway_wish *wish);
int cmd_gateway_remove(const struct conf *conf, const struct gateway_wish *wish);
int cmd_gateway_status(const struct conf *conf, const struct gateway_wish *wish);
int cmd_gateway_plan(const struct conf *conf, const struct gateway_wish *wish);
int cmd_gateway_watch(const struct conf *conf, const struct gateway_wish *wish);

#endif
