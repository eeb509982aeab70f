/* gateway_flows: carries the assignment of connections to proxies from the existing table into its
 * replacement.
 *
 * A changed plan, with one more proxy for example, makes a new table. If that table knew no connections, a
 * hash would decide about running ones, and half of them would be sent to a proxy that does not know them.
 * Each set of flows has its proxy's address as comment, so its elements go to the set of the same proxy,
 * whatever its new number is. Connections of a removed proxy are dropped. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_FLOWS_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_FLOWS_H

#include "conf/conf.h"

#include <jansson.h>

/* table: from gateway_table_read, may be NULL. Appends statements for `nft -f` that must follow those of the
 * new table. */
void gateway_flows_print(const json_t *table, const struct conf *conf, struct buf *out);

#endif
