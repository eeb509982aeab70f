/* gateway_status: what passed by the rules that are there, and who has how many connections. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_STATUS_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_STATUS_H

#include "gateway/kernel/gateway.h"

#include <jansson.h>

/* An object: "applied" (is the table there?), "rules": chain, rule (its comment), packets, bytes, of each
 * that counts; "proxies": address, used (does it get new connections?), packets, bytes, begun (SYNs since the
 * table was loaded) and connections (those remembered). NULL with *error. */
json_t *gateway_status(const struct gateway *gateway, struct buf *error);
/* Those "rules" alone, of a table as nft lists it (gateway/kernel/gateway_table); none if it is NULL. */
json_t *gateway_status_rules(const json_t *table);

#endif
