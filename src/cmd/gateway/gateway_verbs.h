/* gateway_verbs: the verbs of `postern gateway`, one file per verb; the table is in gateway.c. Each returns
 * the exit status, and has printed a message on failure. */
#ifndef POSTERN_CMD_GATEWAY_GATEWAY_VERBS_H
#define POSTERN_CMD_GATEWAY_GATEWAY_VERBS_H

#include "conf/conf.h"

struct gateway_wish {
    bool json;
    bool early;         /* apply only */
    const char *unread; /* remove only: what is wrong with the configuration; conf has the valid part */
};

int cmd_gateway_apply(const struct conf *conf, const struct gateway_wish *wish);
int cmd_gateway_check(const struct conf *conf, const struct gateway_wish *wish);
int cmd_gateway_remove(const struct conf *conf, const struct gateway_wish *wish);
int cmd_gateway_status(const struct conf *conf, const struct gateway_wish *wish);
int cmd_gateway_plan(const struct conf *conf, const struct gateway_wish *wish);
int cmd_gateway_watch(const struct conf *conf, const struct gateway_wish *wish);

#endif
