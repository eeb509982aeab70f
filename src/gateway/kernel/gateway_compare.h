/* gateway_compare: our table as it should be and as it is, as nft lists them (libnftables-json(5)). Pure.
 *
 * Handles, what counters counted and the elements of sets that the kernel fills do not count. Rules are known
 * by their comments, which are their own in their chains. */
#ifndef POSTERN_GATEWAY_KERNEL_GATEWAY_COMPARE_H
#define POSTERN_GATEWAY_KERNEL_GATEWAY_COMPARE_H

#include "conf/conf.h"

#include <jansson.h>

/* An error for each difference; `is` is NULL where there is no table. */
void gateway_compare(const json_t *should, const json_t *is, struct problems *problems);

#endif
