/* verdict_cache: earlier verdicts on the same bytes [K5].
 *
 * Maps kind and SHA-256 of a message to its verdict: a mail and a file with the same bytes are different
 * messages. All verdicts are of one configuration, because a new configuration starts a new process. When the
 * signatures change, verdict_cache_clear is called. A verdict that was requested before verdict_cache_clear
 * is refused afterwards, because it may be of the old signatures. Only lasting verdicts (core/verdict) are
 * kept.
 *
 * There are two generations, each for half of the entries. An entry that is found in the old generation is
 * copied to the young one. When the young generation is full, the old one is dropped: its entries that are
 * not also in the young one were not used for a while. The young generation then becomes the old one. */
#ifndef POSTERN_SCAN_VERDICT_CACHE_H
#define POSTERN_SCAN_VERDICT_CACHE_H

#include "base/digest_map.h"
#include "core/message_kind.h"
#include "core/verdict.h"

struct verdict_cache;

/* entries: the capacity; a value under 2 counts as 2. */
struct verdict_cache *verdict_cache_new(uint32_t entries);
void verdict_cache_free(struct verdict_cache **cache);

/* Returns a number that verdict_cache_clear changes. Get it before the scan begins, for verdict_cache_put. */
uint64_t verdict_cache_epoch(const struct verdict_cache *cache);
bool verdict_cache_get(struct verdict_cache *cache, enum message_kind kind, const struct digest *message,
                       struct verdict *verdict);
/* Returns whether the verdict is kept. */
bool verdict_cache_put(struct verdict_cache *cache, uint64_t epoch, enum message_kind kind,
                       const struct digest *message, const struct verdict *verdict);
void verdict_cache_clear(struct verdict_cache *cache);

#endif
