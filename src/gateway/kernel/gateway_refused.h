/* gateway_refused: reports mail that bypassed the proxies, as counted by the chain guard. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_REFUSED_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_REFUSED_H

#include "gateway/kernel/gateway.h"

#include <jansson.h>

/* Adds a warning if mail that came in by a listed interface was refused since the table was installed: the
 * number of packets, and rules that may have cleared their mark. Adds an error for each unlisted interface by
 * which mail came in. table: ours, as nft lists it (gateway/kernel/gateway_table); NULL if there is none. */
void gateway_refused_check(const struct gateway *gateway, const json_t *table, struct problems *problems);

/* Calls `each` for each interface, listed or not, by which such mail came in, with the number of packets.
 * Runs nft. */
void gateway_refused_each(void (*each)(void *context, const char *interface, uint64_t packets),
                          void *context);

#endif
