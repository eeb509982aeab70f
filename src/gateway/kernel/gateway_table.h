/* gateway_table: our nftables table as nft(8) shows and changes it. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_TABLE_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_TABLE_H

#include "base/buf.h"

#include <jansson.h>

/* What nft lists as JSON (libnftables-json(5)), the array "nftables"; NULL in *table if there is no such
 * table. */
bool gateway_table_read(json_t **table, struct buf *error);
/* One set of it; NULL in *set if it is not there. */
bool gateway_table_read_set(const char *name, json_t **set, struct buf *error);
/* All tables of the host; for looking at other people's. */
bool gateway_table_read_all(json_t **ruleset, struct buf *error);
/* The same table as statements for gateway_table_replace; nothing if it is not there. */
bool gateway_table_text(struct buf *text, struct buf *error);
/* The form that nft gives to these statements: they are loaded in a network namespace that nobody else sees.
 * That takes root, as all here. */
bool gateway_table_render(struct span statements, json_t **table, struct buf *error);

/* Would the kernel take them? */
bool gateway_table_try(struct span statements, struct buf *error);
/* In the place of the table that is there, in one transaction; with no statements it is deleted. */
bool gateway_table_replace(struct span statements, struct buf *error);

#endif
