/* gateway_verbs: the verbs of `postern gateway`, one file per verb. The table of verbs is in gateway.c. Each
 * function returns the exit status. If it fails, it has printed a message. */
#ifndef POSTERN_CMD_GATEWAY_GATEWAY_VERBS_H
#define POSTERN_CMD_GATEWAY_GATEWAY_VERBS_H

#include "conf/conf.h"

struct gateway_options {
    bool json;
    bool early;             /* apply only */
    const char *conf_error; /* remove only: the first error of the configuration, or NULL */
};

int cmd_gateway_apply(const struct conf *conf, const struct gateway_options *options);
int cmd_gateway_check(const struct conf *conf, const struct gateway_options *options);
int cmd_gateway_remove(const struct conf *conf, const struct gateway_options *options);
int cmd_gateway_status(const struct conf *conf, const struct gateway_options *options);
int cmd_gateway_plan(const struct conf *conf, const struct gateway_options *options);
int cmd_gateway_watch(const struct conf *conf, const struct gateway_options *options);

#endif
