/* gateway_refused: reports mail that the chains guard and lost have refused, and mail that guard has only
 * counted. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_REFUSED_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_REFUSED_H

#include "gateway/kernel/gateway.h"

#include <jansson.h>

/* Adds a warning with the number of packets if mail from listed interfaces was refused since the table was
 * installed. If there is a proxy on another host, the warning names the chains that may have cleared the
 * mark. Adds an error for each unlisted interface from which mail came. `table`: from gateway_table_read; may
 * be NULL. */
void gateway_refused_check(const struct gateway *gateway, const json_t *table, struct problems *problems);

/* Calls `each` with each interface, listed or not, from which refused or counted mail came, and the number of
 * its packets. Runs nft. */
void gateway_refused_each(void (*each)(void *context, const char *interface, uint64_t packets),
                          void *context);

#endif
