#include "scan/known_verdicts.h"

#include "base/buf.h"
#include "base/log.h"
#include "scan/verdict_cache.h"
#include "scan/verdict_table.h"
#include "sys/message_hash.h"

#include <stdlib.h>
#include <unistd.h>

struct known_verdicts {
    struct verdict_cache *cache;
    struct verdict_table *table; /* or NULL */
    uint32_t entries;
};

void known_message_set(struct known_message *message, const struct digest *digest, int fd, uint64_t size)
{
    char start[MESSAGE_FINGERPRINT_BYTES];
    ssize_t n = pread(fd, start, sizeof start, 0);

    message->digest = *digest;
    message->fingerprint = message_fingerprint((struct span){start, n > 0 ? (size_t)n : 0}, size);
}

struct known_verdicts *known_verdicts_new(uint32_t entries)
{
    struct known_verdicts *known = mem_alloc_zero(sizeof *known);

    known->entries = entries;
    known->cache = verdict_cache_new(entries);
    known->table = verdict_table_new(entries);
    if (!known->table)
        log_text(EVENT_no_verdict_table, "%m");
    return known;
}

void known_verdicts_free(struct known_verdicts **known)
{
    if (!*known)
        return;
    verdict_cache_free(&(*known)->cache);
    verdict_table_free(&(*known)->table);
    free(*known);
    *known = NULL;
}

uint64_t known_verdicts_epoch(const struct known_verdicts *known)
{
    return verdict_cache_epoch(known->cache);
}

static void publish(struct known_verdicts *known, const struct known_message *message,
                    const struct verdict *verdict)
{
    if (known->table)
        verdict_table_post(known->table, message->kind, message->fingerprint, &message->digest, verdict);
}

bool known_verdicts_get(struct known_verdicts *known, const struct known_message *message,
                        struct verdict *verdict)
{
    if (!verdict_cache_get(known->cache, message->kind, &message->digest, verdict))
        return false;
    publish(known, message, verdict);
    return true;
}

void known_verdicts_put(struct known_verdicts *known, const struct known_message *message,
                        const struct verdict *verdict)
{
    if (verdict_cache_put(known->cache, message->epoch, message->kind, &message->digest, verdict))
        publish(known, message, verdict);
}

void known_verdicts_clear(struct known_verdicts *known)
{
    verdict_cache_clear(known->cache);
    if (known->table)
        verdict_table_clear(known->table);
}

int known_verdicts_table(const struct known_verdicts *known, uint32_t *entries)
{
    *entries = known->entries;
    return known->table ? verdict_table_fd(known->table) : -1;
}
