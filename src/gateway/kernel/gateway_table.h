/* gateway_table: reads and changes our nftables table with nft(8). */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_TABLE_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_TABLE_H

#include "base/buf.h"

#include <jansson.h>

/* Reads what nft lists as JSON (libnftables-json(5)): the array "nftables"; NULL in *table if there is no
 * table. */
bool gateway_table_read(json_t **table, struct buf *error);
/* Reads one of its sets; NULL in *set if it does not exist. */
bool gateway_table_read_set(const char *name, json_t **set, struct buf *error);
/* Reads all tables of the host, to check those of others. */
bool gateway_table_read_all(json_t **ruleset, struct buf *error);
/* Appends the table as statements for gateway_table_replace; nothing if it does not exist. */
bool gateway_table_text(struct buf *text, struct buf *error);
/* Converts statements to nft's own form by loading them in a temporary network namespace. Needs root, as all
 * functions here do. */
bool gateway_table_render(struct span statements, json_t **table, struct buf *error);

/* Would the kernel accept the statements? */
bool gateway_table_try(struct span statements, struct buf *error);
/* Replaces the existing table in one transaction; without statements it is deleted. */
bool gateway_table_replace(struct span statements, struct buf *error);

#endif
