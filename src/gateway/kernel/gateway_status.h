/* gateway_status: counters of the installed rules, and the number of connections per proxy. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_STATUS_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_STATUS_H

#include "gateway/kernel/gateway.h"

#include <jansson.h>

/* Returns an object with "applied" (does the table exist?), "rules" (chain, comment of the rule, packets,
 * bytes) and "proxies" (address, used: does it get new connections?, packets, bytes, begun: SYNs since the
 * table was loaded, connections: those remembered now). NULL with *error. */
json_t *gateway_status(const struct gateway *gateway, struct buf *error);
/* Returns only "rules". `table`: from gateway_table_read; may be NULL. */
json_t *gateway_status_rules(const json_t *table);

#endif
