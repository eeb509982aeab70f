/* gateway_flows: who has which connections, from the table that is there into the one that will replace it.
 *
 * Another plan, with a proxy more, say, makes another table; if that one knew of no connections, a hash would
 * decide about those that run, and half of them would come to a proxy that has never heard of them. A set of
 * flows bears its proxy's address as a comment, so what it remembers goes to that proxy's set wherever its
 * place is now. What a proxy had that is no longer there is forgotten. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_FLOWS_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_FLOWS_H

#include "conf/conf.h"

#include <jansson.h>

/* table: as gateway_table_read gives it, NULL too. Appends statements for `nft -f` that go behind those of
 * the new table. */
void gateway_flows_print(const json_t *table, const struct conf *conf, struct buf *out);

#endif
