/* quarantine_index: an index in memory of the incidents in the quarantine, so that a store need not read all
 * their records.
 *
 * It finds the incident with a given key (content, kind, server, user), an original with given bytes, and a
 * release of a content for a user or for everyone. It also counts the bytes stored. A destroyed incident has
 * no original, and is found only by a search for destroyed incidents.
 *
 * Two incidents can have the same key if files of the first one were removed by hand. Then the one that was
 * added later is found; the entry of the first one remains until it expires. Releases are searched linearly,
 * because administrators make only few of them.
 *
 * The index is loaded at start, and each change of the quarantine updates it. {0} is a valid empty index. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_INDEX_H
#define POSTERN_QUARANTINE_QUARANTINE_INDEX_H

#include "quarantine/incident_json.h"

struct quarantine_entry {
    char id[INCIDENT_ID_SIZE]; /* empty: the slot is free */
    enum incident_state state;
    uint32_t count;
    enum message_kind kind;
    bool is_keyed; /* quarantine_index_find can return this entry */
    bool released_to_all;
    bool has_uid;
    int64_t first_s;
    struct age_stamp received;
    int64_t released_for_s; /* 0: never released, or the release was found to have expired */
    struct age_stamp released_at;
    uint64_t size;
    struct digest key; /* hash of content, kind, server and user */
    struct digest uid; /* hash of unique-id, server and user; valid if has_uid */
    struct digest sha256;
    /* Ring of entries with the same content. In a free slot, `next` is the next free slot. */
    uint32_t previous, next;
};

struct quarantine_index {
    struct quarantine_entry *entries;
    uint32_t n, capacity; /* number of slots, used and free */
    uint32_t used;
    uint32_t first_free;               /* valid if used < n */
    uint64_t bytes;                    /* of all originals; shared content counts once */
    struct digest_map kept, destroyed; /* by key */
    struct digest_map by_content;      /* of entries with an original */
    uint32_t *released;                /* slots */
    size_t released_n, released_capacity;
};

/* The returned pointer is valid until the next call of this function. */
struct quarantine_entry *quarantine_index_add(struct quarantine_index *index,
                                              const struct incident_record *record);
/* To be called after the entry's record was rewritten. Content, kind, server and user of an incident cannot
 * change. */
void quarantine_index_update(struct quarantine_index *index, struct quarantine_entry *entry,
                             const struct incident_record *record);
void quarantine_index_remove(struct quarantine_index *index, struct quarantine_entry *entry);
/* To be called after the entry's original was removed. The entry's state becomes INCIDENT_MISSING. */
void quarantine_index_set_missing(struct quarantine_index *index, struct quarantine_entry *entry);
void quarantine_index_end_release(struct quarantine_index *index, struct quarantine_entry *entry);

/* Finds the incident with the record's content, kind, server, user and state; NULL: none. */
struct quarantine_entry *quarantine_index_find(const struct quarantine_index *index,
                                               const struct incident_record *record);
/* Finds the next incident with the record's unique-id, user and server; NULL: none. Begins at slot *at, and
 * sets *at to the slot after the incident. Before the first call *at is 0. The search is linear. Only a
 * record with a unique-id needs it, and only if its content is new or there are releases. */
struct quarantine_entry *quarantine_index_find_uid(const struct quarantine_index *index,
                                                   const struct incident_record *record, uint32_t *at);
/* Finds an incident with an original of this content; NULL: none. */
const struct quarantine_entry *quarantine_index_find_content(const struct quarantine_index *index,
                                                             const struct digest *sha256);
/* Finds a released incident that lets the record's content pass for its user; NULL: none. */
const struct quarantine_entry *quarantine_index_find_release(const struct quarantine_index *index,
                                                             const struct incident_record *record,
                                                             const struct age_clock *clock);
/* Returns the only incident with this id prefix. NULL: none or several match. *matches: number of matches. */
struct quarantine_entry *quarantine_index_find_id(const struct quarantine_index *index, const char *prefix,
                                                  size_t *matches);
void quarantine_index_fini(struct quarantine_index *index);

static inline bool quarantine_is_released(const struct quarantine_entry *entry, const struct age_clock *clock)
{
    return entry->released_for_s && age_at_least(clock, &entry->released_at) < entry->released_for_s;
}

#endif
