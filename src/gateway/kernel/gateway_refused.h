/* gateway_refused: reports mail that the chains guard and lost have refused, or guard has counted. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_REFUSED_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_REFUSED_H

#include "gateway/kernel/gateway.h"

#include <jansson.h>

/* Adds a warning, with the number of packets, if mail that came in by a listed interface was refused since
 * the table was installed, and names the chains that may have cleared the mark. Adds an error for each
 * unlisted interface by which mail came in. `table`: from gateway_table_read; may be NULL. */
void gateway_refused_check(const struct gateway *gateway, const json_t *table, struct problems *problems);

/* Calls `each` with each interface, listed or not, by which such mail came in, and the number of packets.
 * Runs nft. */
void gateway_refused_each(void (*each)(void *context, const char *interface, uint64_t packets),
                          void *context);

#endif
