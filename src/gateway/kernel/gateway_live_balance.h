/* gateway_live_balance: compares the existing table with the plan. `gateway watch` changes which proxies the
 * table uses. Therefore a table that uses only some of them counts as equal. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_LIVE_BALANCE_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_LIVE_BALANCE_H

#include "gateway/kernel/gateway.h"

#include <jansson.h>

/* Returns the proxies to which the table sends new connections, as bits for gateway_balance_print. Returns
 * all ones if the table has no rule of a balance chain. */
uint32_t gateway_live_balance_alive(const struct gateway *gateway, const json_t *table);
/* Adds an error for each difference between the table and the table planned for these proxies. False with
 * *error: the tables could not be compared. */
bool gateway_live_balance_compare(const struct gateway *gateway, const json_t *table,
                                  struct problems *problems, struct buf *error);

#endif
