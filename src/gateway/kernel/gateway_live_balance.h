/* gateway_live_balance: compares the nftables table in the kernel with the table that the plan requires.
 * `gateway watch` changes which proxies the table uses. Therefore a table that uses only some of them counts
 * as equal. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_LIVE_BALANCE_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_LIVE_BALANCE_H

#include "gateway/kernel/gateway.h"

#include <jansson.h>

/* Returns the proxies to which the table sends new connections, as bits for gateway_balance_print. Returns
 * all ones if the table has no rule that distributes connections. */
uint32_t gateway_live_balance_alive(const struct gateway *gateway, const json_t *table);
/* Adds an error for each difference between the table in the kernel and the table planned for the
 * proxies that it uses now (gateway_live_balance_alive). False with *error: the tables could not be compared.
 */
bool gateway_live_balance_compare(const struct gateway *gateway, const json_t *table,
                                  struct problems *problems, struct buf *error);

#endif
