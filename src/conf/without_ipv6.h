/* without_ipv6: what of a configuration a kernel that has no IPv6 can have. */
#ifndef POSTERN_CONF_WITHOUT_IPV6_H
#define POSTERN_CONF_WITHOUT_IPV6_H

#include "conf/conf.h"

/* Takes the IPv6 addresses out of each `listen` that no file gave, with a warning. An IPv6 address that was
 * written into the configuration, for listening, as a target, as a proxy or as clamd's, is an error that
 * names it. */
void without_ipv6_fit(struct conf *conf, struct problems *problems);

#endif
