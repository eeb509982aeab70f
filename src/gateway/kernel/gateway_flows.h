/* gateway_flows: copies the assignment of connections to proxies from the existing table into its
 * replacement.
 *
 * A changed plan, for example with one more proxy, makes a new table. If that table knew no connections, a
 * hash would assign the existing ones, and would send many of them to a proxy that does not have them. The
 * comment of each set of flows is the proxy's address. Elements are copied to the set of the same proxy, even
 * if the proxy has another number now. Connections of a removed proxy are not copied. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_FLOWS_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_FLOWS_H

#include "conf/conf.h"

#include <jansson.h>

/* Appends statements for `nft -f`, which must follow those of the new table. `table`: the existing table,
 * from gateway_table_read; may be NULL. */
void gateway_flows_print(const json_t *table, const struct conf *conf, struct buf *out);

#endif
