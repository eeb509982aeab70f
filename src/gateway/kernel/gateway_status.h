/* gateway_status: counters of the installed rules, and the number of connections per proxy. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_STATUS_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_STATUS_H

#include "gateway/kernel/gateway.h"

#include <jansson.h>

/* Returns an object with three members. NULL with *error: the table cannot be read.
 * - "applied": whether the table exists.
 * - "rules": of each rule with a counter, its chain, its comment, packets and bytes.
 * - "proxies": of each proxy, its address, "used" (whether it gets new connections), packets, bytes, "begun"
 *   (SYNs since the table was loaded) and "connections" (how many are remembered now). */
json_t *gateway_status(const struct gateway *gateway, struct buf *error);
/* Returns the member "rules". `table`: from gateway_table_read; may be NULL. */
json_t *gateway_status_rules(const json_t *table);

#endif
