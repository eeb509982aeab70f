/* gateway_refused: mail that the chain guard has counted because it was on its way past the proxies. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_REFUSED_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_REFUSED_H

#include "gateway/kernel/gateway.h"

#include <jansson.h>

/* A warning if any was refused since the table was installed that came in by a listed interface: how many
 * packets, and which rules may have cleared their mark. An error for each interface that is not listed and by
 * which mail came in.
 * table: ours, as nft lists it (gateway/kernel/gateway_table); NULL if there is none. */
void gateway_refused_check(const struct gateway *gateway, const json_t *table, struct problems *problems);

/* Each interface by which such mail came in since then, listed or not, with its packets. Runs nft. */
void gateway_refused_each(void (*each)(void *context, const char *interface, uint64_t packets),
                          void *context);

#endif
