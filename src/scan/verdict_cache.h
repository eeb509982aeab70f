/* verdict_cache: earlier verdicts on the same bytes [K5].
 *
 * Maps kind and SHA-256 of a message to its verdict (the same bytes as a mail and as a file are different
 * messages), for one configuration and one set of signatures: a new configuration starts a new process, new
 * signatures call verdict_cache_clear. A verdict that was requested before a clear and arrives after it is
 * refused, as it comes from the old set. Only lasting verdicts (core/verdict) are kept. There are two
 * generations of half the entries each: an entry found in the old one moves to the young one; when that is
 * full, the old one is dropped, with the entries that were not used for a while. */
#ifndef POSTERN_SCAN_VERDICT_CACHE_H
#define POSTERN_SCAN_VERDICT_CACHE_H

#include "base/digest_map.h"
#include "core/message_kind.h"
#include "core/verdict.h"

struct verdict_cache;

/* entries: capacity, at least 2. */
struct verdict_cache *verdict_cache_new(uint32_t entries);
void verdict_cache_free(struct verdict_cache **cache);

/* Changes with every clear; read it when the scan begins. */
uint64_t verdict_cache_epoch(const struct verdict_cache *cache);
bool verdict_cache_get(struct verdict_cache *cache, enum message_kind kind, const struct digest *message,
                       struct verdict *verdict);
/* False: the verdict is not kept. */
bool verdict_cache_put(struct verdict_cache *cache, uint64_t epoch, enum message_kind kind,
                       const struct digest *message, const struct verdict *verdict);
void verdict_cache_clear(struct verdict_cache *cache);

#endif
