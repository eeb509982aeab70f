/* verdict_cache: what was said before of the same bytes [K5].
 *
 * From the kind and SHA-256 of a message to its verdict: the same bytes as a mail and as a file are different
 * questions. It holds for one configuration and one set of signatures: when either
 * changes, so does the process or it calls verdict_cache_clear. A verdict that was asked for before a clear
 * and comes after it is not taken: it is of the old set. Only what lasts (core/verdict) is kept. Two
 * generations of half the entries each: what is found in the old one moves to the young one, and when that is
 * full the old one goes, and with it what nobody has asked for in a while. */
#ifndef POSTERN_SCAN_VERDICT_CACHE_H
#define POSTERN_SCAN_VERDICT_CACHE_H

#include "base/digest_map.h"
#include "core/message_kind.h"
#include "core/verdict.h"

struct verdict_cache;

/* entries: the most it holds; at least 2. */
struct verdict_cache *verdict_cache_new(uint32_t entries);
void verdict_cache_free(struct verdict_cache **cache);

/* Changes with every clear: remember it when the scan begins. */
uint64_t verdict_cache_epoch(const struct verdict_cache *cache);
bool verdict_cache_get(struct verdict_cache *cache, enum message_kind kind, const struct digest *message,
                       struct verdict *verdict);
/* False: it is not kept. */
bool verdict_cache_put(struct verdict_cache *cache, uint64_t epoch, enum message_kind kind,
                       const struct digest *message, const struct verdict *verdict);
void verdict_cache_clear(struct verdict_cache *cache);

#endif
