/* network_checks: checks whether the kernel allows the socket options that the configuration needs, and
 * whether rp_filter drops diverted packets. Foreign source addresses and marks are tried on unconnected
 * sockets, as the user whose processes need them. */
#ifndef POSTERN_CMD_NETWORK_CHECKS_H
#define POSTERN_CMD_NETWORK_CHECKS_H

#include "conf/conf.h"
#include "sys/privileges.h"

void network_check_interception(const struct conf *conf, struct problems *problems);
void network_check_upstream(const struct conf *conf, const struct identity *user, struct problems *problems);

#endif
