/* gateway_table: reads and changes our nftables table with nft(8). A function that fails returns false with
 * *error. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_TABLE_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_TABLE_H

#include "base/buf.h"

#include <jansson.h>

/* Reads our table as nft lists it: the array "nftables" of libnftables-json(5). *table is NULL if there is no
 * table. */
bool gateway_table_read(json_t **table, struct buf *error);
/* Reads one set of our table. *set is NULL if there is no such set. */
bool gateway_table_read_set(const char *name, json_t **set, struct buf *error);
/* Reads all tables of this host, including those of others. */
bool gateway_table_read_all(json_t **ruleset, struct buf *error);
/* Appends our table as statements for gateway_table_replace; nothing if there is no table. */
bool gateway_table_text(struct buf *text, struct buf *error);
/* Converts statements to the form of gateway_table_read, by loading them in a temporary network namespace.
 * Needs root, while CAP_NET_ADMIN is enough for the other functions. */
bool gateway_table_render(struct span statements, json_t **table, struct buf *error);

/* Tests whether nft and the kernel would accept the statements as the replacement of our table. Changes
 * nothing. */
bool gateway_table_try(struct span statements, struct buf *error);
/* Replaces our table in one transaction; empty statements delete it. */
bool gateway_table_replace(struct span statements, struct buf *error);

#endif
