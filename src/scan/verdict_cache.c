#include "scan/verdict_cache.h"

#include "base/buf.h"

#include <stdlib.h>

struct generation {
    struct digest_map indexes[MESSAGE_KINDS];
    struct verdict *verdicts;
    uint32_t n;
};

struct verdict_cache {
    struct generation young, old;
    uint32_t half; /* capacity of one generation */
    uint64_t epoch;
};

static void generation_init(struct generation *generation, uint32_t entries)
{
    *generation = (struct generation){.verdicts = mem_alloc_zero(entries * sizeof *generation->verdicts)};
}

static void generation_fini(struct generation *generation)
{
    for (int kind = 0; kind < MESSAGE_KINDS; kind++)
        digest_map_fini(&generation->indexes[kind]);
    free(generation->verdicts);
    *generation = (struct generation){0};
}

struct verdict_cache *verdict_cache_new(uint32_t entries)
{
    struct verdict_cache *cache = mem_alloc_zero(sizeof *cache);

    cache->half = entries < 2 ? 1 : entries / 2;
    generation_init(&cache->young, cache->half);
    generation_init(&cache->old, cache->half);
    return cache;
}

void verdict_cache_free(struct verdict_cache **cache)
{
    if (!*cache)
        return;
    generation_fini(&(*cache)->young);
    generation_fini(&(*cache)->old);
    free(*cache);
    *cache = NULL;
}

uint64_t verdict_cache_epoch(const struct verdict_cache *cache)
{
    return cache->epoch;
}

static void put(struct verdict_cache *cache, enum message_kind kind, const struct digest *message,
                const struct verdict *verdict)
{
    struct generation *young = &cache->young;
    uint32_t index;

    if (digest_map_get(&young->indexes[kind], message, &index)) {
        young->verdicts[index] = *verdict;
        return;
    }
    if (young->n == cache->half) {
        generation_fini(&cache->old);
        cache->old = *young;
        generation_init(young, cache->half);
    }
    young->verdicts[young->n] = *verdict;
    digest_map_put(&young->indexes[kind], message, young->n++);
}

bool verdict_cache_get(struct verdict_cache *cache, enum message_kind kind, const struct digest *message,
                       struct verdict *verdict)
{
    uint32_t index;

    if (digest_map_get(&cache->young.indexes[kind], message, &index)) {
        *verdict = cache->young.verdicts[index];
        return true;
    }
    if (!digest_map_get(&cache->old.indexes[kind], message, &index))
        return false;
    *verdict = cache->old.verdicts[index];
    put(cache, kind, message, verdict);
    return true;
}

bool verdict_cache_put(struct verdict_cache *cache, uint64_t epoch, enum message_kind kind,
                       const struct digest *message, const struct verdict *verdict)
{
    bool keep = epoch == cache->epoch && verdict_is_lasting(verdict);

    if (keep)
        put(cache, kind, message, verdict);
    return keep;
}

void verdict_cache_clear(struct verdict_cache *cache)
{
    cache->epoch++;
    generation_fini(&cache->young);
    generation_fini(&cache->old);
    generation_init(&cache->young, cache->half);
    generation_init(&cache->old, cache->half);
}
