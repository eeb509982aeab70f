/* without_ipv6: fits a configuration to a kernel without IPv6. */
#ifndef POSTERN_CONF_WITHOUT_IPV6_H
#define POSTERN_CONF_WITHOUT_IPV6_H

#include "conf/conf.h"

/* Removes the IPv6 addresses from each `listen` that has its default, with a warning. An IPv6 address that was
 * written into the configuration, for listening, as a target, as a proxy or as clamd's, is an error that names
 * it. */
void without_ipv6_fit(struct conf *conf, struct problems *problems);

#endif
