/* gateway_refused: mail that the chain guard has refused because it was on its way past the proxies. */
#ifndef POSTERN_SVC_GATEWAY_REFUSED_H
#define POSTERN_SVC_GATEWAY_REFUSED_H

#include "svc/gateway.h"

#include <jansson.h>

/* A warning if there was any since the table was laid: how many packets, and who may have wiped their mark.
 * table: ours, as nft lists it (svc/gateway_table); NULL if there is none. */
void gateway_refused_check(const struct gateway *gateway, const json_t *table,
                           struct conf_problems *problems);

#endif
