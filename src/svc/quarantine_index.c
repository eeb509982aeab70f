#include "svc/quarantine_index.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

/* Texts with their NULs, so that no two keys run into each other. */
static struct digest key_of(const struct incident_record *record)
{
    const struct incident *incident = &record->incident;
    struct digest key;
    struct buf text = {0};
    int hashed;

    buf_add(&text, (struct span){(const char *)record->sha256.bytes, DIGEST_SIZE});
    buf_add_char(&text, record->state == INCIDENT_DESTROYED ? 'd' : 'k');
    buf_add(&text, (struct span){incident->server, strlen(incident->server) + 1});
    buf_add(&text, (struct span){incident->user, strlen(incident->user) + 1});
    hashed = EVP_Digest(text.p, text.n, key.bytes, NULL, EVP_sha256(), NULL);
    assert(hashed == 1);
    buf_fini(&text);
    return key;
}

static struct quarantine_entry *find(const struct quarantine_index *index, const struct digest_map *map,
                                     const struct digest *digest)
{
    uint32_t i;

    return digest_map_get(map, digest, &i) ? &index->entries[i] : NULL;
}

static struct quarantine_entry *add(struct quarantine_index *index)
{
    if (index->n == index->room) {
        index->room = index->room ? index->room * 2 : 64;
        index->entries = mem_grow(index->entries, index->room, sizeof *index->entries);
    }
    return &index->entries[index->n++];
}

void quarantine_index_put(struct quarantine_index *index, const struct incident_record *record)
{
    struct digest key = key_of(record);
    struct quarantine_entry *entry = find(index, &index->by_key, &key);

    if (!entry || strcmp(entry->id, record->incident.id) != 0)
        entry = add(index);
    memcpy(entry->id, record->incident.id, sizeof entry->id);
    entry->count = record->count;
    entry->first_s = record->first_s;
    digest_map_put(&index->by_key, &key, (uint32_t)(entry - index->entries));
    if (record->state == INCIDENT_QUARANTINED)
        digest_map_put(&index->by_content, &record->sha256, (uint32_t)(entry - index->entries));
}

const struct quarantine_entry *quarantine_index_find(const struct quarantine_index *index,
                                                     const struct incident_record *record)
{
    struct digest key = key_of(record);

    return find(index, &index->by_key, &key);
}

const struct quarantine_entry *quarantine_index_content(const struct quarantine_index *index,
                                                        const struct digest *sha256)
{
    return find(index, &index->by_content, sha256);
}

void quarantine_index_fini(struct quarantine_index *index)
{
    digest_map_fini(&index->by_key);
    digest_map_fini(&index->by_content);
    free(index->entries);
    *index = (struct quarantine_index){0};
}
