/* without_ipv6: fits a configuration to a kernel without IPv6. */
#ifndef POSTERN_CONF_WITHOUT_IPV6_H
#define POSTERN_CONF_WITHOUT_IPV6_H

#include "conf/conf.h"

/* Removes the IPv6 addresses from each `listen` that has its default, with a warning. Any other IPv6 address
 * of a listener, a target, a proxy or clamd is an error. */
void without_ipv6_fit(struct conf *conf, struct problems *problems);

#endif
