/* gateway_live_balance: finds out to which proxies the existing table sends new connections, and compares it
 * with the plan for these proxies. `gateway watch` changes just that part, which is not a fault. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_LIVE_BALANCE_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_LIVE_BALANCE_H

#include "gateway/kernel/gateway.h"

#include <jansson.h>

/* Returns bits as for gateway_balance_print; all ones if the table does not say. */
uint32_t gateway_live_balance_alive(const struct gateway *gateway, const json_t *table);
/* Compares the table with the plan for these proxies. Adds a problem for each difference. False with *error:
 * it cannot be read. */
bool gateway_live_balance_compare(const struct gateway *gateway, const json_t *table,
                                  struct problems *problems, struct buf *error);

#endif
