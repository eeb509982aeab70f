#include "quarantine/quarantine_index.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum { RELEASED_CAPACITY_MIN = 8, CAPACITY_MIN = 64 };

/* The texts are hashed with their NULs, so that different keys cannot yield the same bytes. */
static struct digest key_of(const struct incident_record *record)
{
    const struct incident *incident = &record->incident;
    struct digest key;
    struct buf text = {0};
    int hashed;

    buf_add(&text, (struct span){(const char *)record->sha256.bytes, DIGEST_SIZE});
    buf_add_char(&text, (char)incident->kind);
    buf_add(&text, (struct span){incident->server, strlen(incident->server) + 1});
    buf_add(&text, (struct span){incident->user, strlen(incident->user) + 1});
    hashed = EVP_Digest(text.p, text.n, key.bytes, NULL, EVP_sha256(), NULL);
    assert(hashed == 1);
    buf_fini(&text);
    return key;
}

/* False: the incident has no unique-id, or its user is unknown. */
static bool uid_of(const struct incident_record *record, struct digest *uid)
{
    const struct incident *incident = &record->incident;
    struct buf text = {0};
    int hashed;

    if (!incident->uidl[0] || !incident->user[0])
        return false;
    buf_add(&text, (struct span){incident->uidl, strlen(incident->uidl) + 1});
    buf_add(&text, (struct span){incident->server, strlen(incident->server) + 1});
    buf_add(&text, (struct span){incident->user, strlen(incident->user) + 1});
    hashed = EVP_Digest(text.p, text.n, uid->bytes, NULL, EVP_sha256(), NULL);
    assert(hashed == 1);
    buf_fini(&text);
    return true;
}

static bool are_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static struct quarantine_entry *find(const struct quarantine_index *index, const struct digest_map *map,
                                     const struct digest *digest)
{
    uint32_t i;

    return digest_map_get(map, digest, &i) ? &index->entries[i] : NULL;
}

static uint32_t slot_of(const struct quarantine_index *index, const struct quarantine_entry *entry)
{
    return (uint32_t)(entry - index->entries);
}

/* Takes a free slot and clears its entry, which becomes a ring of one entry. */
static struct quarantine_entry *take_slot(struct quarantine_index *index)
{
    uint32_t i = index->n;

    if (index->used < index->n) {
        i = index->first_free;
        index->first_free = index->entries[i].next;
    } else {
        if (index->n == index->capacity) {
            index->capacity = index->capacity ? index->capacity * 2 : CAPACITY_MIN;
            index->entries = mem_grow(index->entries, index->capacity, sizeof *index->entries);
        }
        index->n++;
    }
    index->used++;
    index->entries[i] = (struct quarantine_entry){.previous = i, .next = i};
    return &index->entries[i];
}

/* Returns NULL if incidents in this state cannot be found by their key. */
static struct digest_map *map_of(struct quarantine_index *index, enum incident_state state)
{
    switch (state) {
    case INCIDENT_QUARANTINED: return &index->kept;
    case INCIDENT_DESTROYED: return &index->destroyed;
    case INCIDENT_MISSING: return NULL;
    }
    return NULL;
}

static void join_ring(struct quarantine_index *index, struct quarantine_entry *entry)
{
    struct quarantine_entry *other = find(index, &index->by_content, &entry->sha256);
    uint32_t slot = slot_of(index, entry);

    if (other) {
        entry->next = slot_of(index, other);
        entry->previous = other->previous;
        index->entries[other->previous].next = slot;
        other->previous = slot;
    } else {
        index->bytes += entry->size;
    }
    digest_map_put(&index->by_content, &entry->sha256, slot);
}

static void leave_ring(struct quarantine_index *index, struct quarantine_entry *entry)
{
    uint32_t slot = slot_of(index, entry);

    if (entry->next == slot) {
        index->bytes -= entry->size;
        digest_map_remove(&index->by_content, &entry->sha256);
    } else {
        index->entries[entry->previous].next = entry->next;
        index->entries[entry->next].previous = entry->previous;
        digest_map_put(&index->by_content, &entry->sha256, entry->next);
    }
    entry->previous = entry->next = slot;
}

static void set_key(struct quarantine_index *index, struct quarantine_entry *entry)
{
    struct digest_map *map = map_of(index, entry->state);
    struct quarantine_entry *old = map ? find(index, map, &entry->key) : NULL;

    if (old) {
        old->is_keyed = false;
        quarantine_index_set_missing(index, old);
    }
    if (map)
        digest_map_put(map, &entry->key, slot_of(index, entry));
    entry->is_keyed = map != NULL;
}

static void clear_key(struct quarantine_index *index, struct quarantine_entry *entry)
{
    if (entry->is_keyed)
        digest_map_remove(map_of(index, entry->state), &entry->key);
    entry->is_keyed = false;
}

static void add_release(struct quarantine_index *index, const struct quarantine_entry *entry)
{
    if (index->released_n == index->released_capacity) {
        index->released_capacity =
            index->released_capacity ? index->released_capacity * 2 : RELEASED_CAPACITY_MIN;
        index->released = mem_grow(index->released, index->released_capacity, sizeof *index->released);
    }
    index->released[index->released_n++] = slot_of(index, entry);
}

void quarantine_index_end_release(struct quarantine_index *index, struct quarantine_entry *entry)
{
    if (!entry->released_for_s)
        return;
    entry->released_for_s = 0;
    for (size_t i = 0; i < index->released_n; i++)
        if (index->released[i] == slot_of(index, entry)) {
            index->released[i] = index->released[--index->released_n];
            return;
        }
}

/* Returns the duration of the release; 0: not released. -1: the record has an end that is not after the
 * beginning, so that the release is never in effect. */
static int64_t released_for(const struct incident_record *record)
{
    int64_t for_s = record->released_until_s - record->released_at.wall_s;

    return !record->released_until_s ? 0 : for_s > 0 ? for_s : -1;
}

void quarantine_index_update(struct quarantine_index *index, struct quarantine_entry *entry,
                             const struct incident_record *record)
{
    quarantine_index_end_release(index, entry);
    entry->count = record->count;
    entry->first_s = record->first_s;
    entry->received = incident_received(record);
    entry->released_at = record->released_at;
    entry->released_for_s = released_for(record);
    entry->released_to_all = record->released_to_all;
    if (entry->released_for_s)
        add_release(index, entry);
}

struct quarantine_entry *quarantine_index_add(struct quarantine_index *index,
                                              const struct incident_record *record)
{
    struct quarantine_entry *entry = take_slot(index);

    memcpy(entry->id, record->incident.id, sizeof entry->id);
    entry->state = record->state;
    entry->size = record->incident.size;
    entry->kind = (enum message_kind)record->incident.kind;
    entry->key = key_of(record);
    entry->sha256 = record->sha256;
    entry->has_uid = uid_of(record, &entry->uid);
    set_key(index, entry);
    if (entry->state == INCIDENT_QUARANTINED)
        join_ring(index, entry);
    quarantine_index_update(index, entry, record);
    return entry;
}

void quarantine_index_set_missing(struct quarantine_index *index, struct quarantine_entry *entry)
{
    clear_key(index, entry);
    if (entry->state == INCIDENT_QUARANTINED)
        leave_ring(index, entry);
    entry->state = INCIDENT_MISSING;
}

void quarantine_index_remove(struct quarantine_index *index, struct quarantine_entry *entry)
{
    quarantine_index_set_missing(index, entry);
    quarantine_index_end_release(index, entry);
    *entry = (struct quarantine_entry){.next = index->first_free};
    index->first_free = slot_of(index, entry);
    index->used--;
}

struct quarantine_entry *quarantine_index_find(const struct quarantine_index *index,
                                               const struct incident_record *record)
{
    struct digest key = key_of(record);

    return find(index, record->state == INCIDENT_DESTROYED ? &index->destroyed : &index->kept, &key);
}

struct quarantine_entry *quarantine_index_find_uid(const struct quarantine_index *index,
                                                   const struct incident_record *record, uint32_t *at)
{
    struct digest uid;

    if (!uid_of(record, &uid))
        return NULL;
    while (*at < index->n) {
        struct quarantine_entry *entry = &index->entries[(*at)++];

        if (entry->id[0] && entry->has_uid && are_equal(&entry->uid, &uid))
            return entry;
    }
    return NULL;
}

const struct quarantine_entry *quarantine_index_find_content(const struct quarantine_index *index,
                                                             const struct digest *sha256)
{
    return find(index, &index->by_content, sha256);
}

const struct quarantine_entry *quarantine_index_find_release(const struct quarantine_index *index,
                                                             const struct incident_record *record,
                                                             const struct age_clock *clock)
{
    struct digest key;

    if (index->released_n == 0)
        return NULL;
    key = key_of(record);
    for (size_t i = 0; i < index->released_n; i++) {
        const struct quarantine_entry *entry = &index->entries[index->released[i]];

        if (quarantine_is_released(entry, clock) && entry->kind == record->incident.kind &&
            are_equal(&entry->sha256, &record->sha256) &&
            (entry->released_to_all || are_equal(&entry->key, &key)))
            return entry;
    }
    return NULL;
}

struct quarantine_entry *quarantine_index_find_id(const struct quarantine_index *index, const char *prefix,
                                                  size_t *matches)
{
    struct quarantine_entry *found = NULL;

    *matches = 0;
    for (uint32_t i = 0; prefix[0] && i < index->n; i++) {
        if (strncmp(index->entries[i].id, prefix, strlen(prefix)) != 0)
            continue;
        found = &index->entries[i];
        ++*matches;
    }
    return *matches == 1 ? found : NULL;
}

void quarantine_index_fini(struct quarantine_index *index)
{
    digest_map_fini(&index->kept);
    digest_map_fini(&index->destroyed);
    digest_map_fini(&index->by_content);
    free(index->released);
    free(index->entries);
    *index = (struct quarantine_index){0};
}
