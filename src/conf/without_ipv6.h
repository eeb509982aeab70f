/* without_ipv6: adapts a configuration to a kernel without IPv6. */
#ifndef POSTERN_CONF_WITHOUT_IPV6_H
#define POSTERN_CONF_WITHOUT_IPV6_H

#include "conf/conf.h"

/* If a `listen` has its default, removes the IPv6 addresses from it, with a warning. Any other IPv6 address
 * of a listener, a target, a proxy or clamd is reported as an error. */
void without_ipv6_fit(struct conf *conf, struct problems *problems);

#endif
