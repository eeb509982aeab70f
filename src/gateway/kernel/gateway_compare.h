/* gateway_compare: compares the planned with the actual nftables table, both as nft lists them
 * (libnftables-json(5)). Pure.
 *
 * Handles, counter values, and the elements of named sets and their number are ignored. Rules are identified
 * by their comments, which are unique in their chains. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_COMPARE_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_COMPARE_H

#include "conf/conf.h"

#include <jansson.h>

/* Adds an error for each difference; `actual` is NULL if there is no table. */
void gateway_compare(const json_t *expected, const json_t *actual, struct problems *problems);

#endif
