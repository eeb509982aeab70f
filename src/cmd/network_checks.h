/* network_checks: does the kernel let us do with sockets what the configuration wants? Foreign addresses and
 * marks are asked for on sockets that lead nowhere, as the user whose processes will need them. */
#ifndef POSTERN_CMD_NETWORK_CHECKS_H
#define POSTERN_CMD_NETWORK_CHECKS_H

#include "conf/conf.h"
#include "sys/privileges.h"

void network_check_interception(const struct conf *conf, struct problems *problems);
void network_check_upstream(const struct conf *conf, const struct identity *user, struct problems *problems);

#endif
