/* gateway_live_balance: which proxies the table that is there gives new connections to, and the whole table
 * as it should then be. `gateway watch` changes just that, and what it did is nobody's fault. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_LIVE_BALANCE_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_LIVE_BALANCE_H

#include "gateway/kernel/gateway.h"

#include <jansson.h>

/* Bits as gateway_balance_print takes them; all ones where the table does not say. */
uint32_t gateway_live_balance_alive(const struct gateway *gateway, const json_t *table);
/* Is the table what the plan wants, with these proxies alive? Problems are added for each difference. False
 * with *error: it could not be looked at. */
bool gateway_live_balance_compare(const struct gateway *gateway, const json_t *table,
                                  struct problems *problems, struct buf *error);

#endif
