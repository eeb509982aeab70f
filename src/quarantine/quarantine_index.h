/* quarantine_index: an index in memory of the incidents in the quarantine, so that a store takes the same
 * time with ten thousand of them as with none.
 *
 * It answers: is there an incident for this (content, kind, server, user); under which name are these bytes
 * already on disk; is this content, of this kind, released for this user, or for everyone; how much is
 * stored. Destroyed incidents match only destroyed ones, since they have no bytes. If two incidents have the
 * same key, the later one is returned: the earlier one has lost its bytes or record to manual removal, and
 * only occupies a slot until it expires. Releases are made by people, one at a time, so a linear search
 * through their list is fast enough.
 *
 * It is loaded at start and updated by every change. {0} is a valid empty index. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_INDEX_H
#define POSTERN_QUARANTINE_QUARANTINE_INDEX_H

#include "quarantine/incident_json.h"

struct quarantine_entry {
    char id[INCIDENT_ID_SIZE]; /* empty: the slot is free */
    enum incident_state state;
    uint32_t count;
    enum message_kind kind;
    bool is_keyed; /* is the entry to be found by its key */
    bool released_to_all;
    bool has_uid;
    int64_t first_s;
    struct age_stamp received;
    int64_t released_for_s; /* 0: never released, or the release is known to have expired */
    struct age_stamp released_at;
    uint64_t size;
    struct digest key; /* hash of content, kind, server and user */
    struct digest uid; /* hash of unique-id, server and user; invalid unless has_uid */
    struct digest sha256;
    uint32_t before, after; /* ring of entries that share the content; in a free slot: the next free one */
};

struct quarantine_index {
    struct quarantine_entry *entries;
    uint32_t n, room; /* slots */
    uint32_t used, first_free;
    uint64_t bytes;                    /* of all originals; shared content counts once */
    struct digest_map kept, destroyed; /* by key */
    struct digest_map by_content;      /* only those with an original */
    uint32_t *released;
    size_t released_n, released_room;
};

/* The pointer is valid until the next add. */
struct quarantine_entry *quarantine_index_add(struct quarantine_index *index,
                                              const struct incident_record *record);
/* Call when the entry's record was rewritten; content, server and user cannot change. */
void quarantine_index_update(struct quarantine_index *index, struct quarantine_entry *entry,
                             const struct incident_record *record);
void quarantine_index_remove(struct quarantine_index *index, struct quarantine_entry *entry);
/* Call when the entry's original is gone: its state becomes INCIDENT_MISSING. */
void quarantine_index_lose(struct quarantine_index *index, struct quarantine_entry *entry);
void quarantine_index_end_release(struct quarantine_index *index, struct quarantine_entry *entry);

/* Finds the incident with the record's content, kind, server, user and state, or NULL. */
struct quarantine_entry *quarantine_index_find(const struct quarantine_index *index,
                                               const struct incident_record *record);
/* Finds the next incident after *at (first 0) with the record's unique-id, user and server, or NULL. A linear
 * search: it is needed only for records with a unique-id and unknown content. */
struct quarantine_entry *quarantine_index_by_uid(const struct quarantine_index *index,
                                                 const struct incident_record *record, uint32_t *at);
/* Finds an incident with an original of this content, or NULL. */
const struct quarantine_entry *quarantine_index_content(const struct quarantine_index *index,
                                                        const struct digest *sha256);
/* Finds a released incident that lets the record's content pass for its user, or NULL. */
const struct quarantine_entry *quarantine_index_release(const struct quarantine_index *index,
                                                        const struct incident_record *record,
                                                        const struct age_clock *clock);
/* Finds the only incident with this id prefix. *matches: number of incidents with it; unless that is 1,
 * NULL. */
struct quarantine_entry *quarantine_index_by_id(const struct quarantine_index *index, const char *start,
                                                size_t *matches);
void quarantine_index_fini(struct quarantine_index *index);

static inline bool quarantine_is_released(const struct quarantine_entry *entry, const struct age_clock *clock)
{
    return entry->released_for_s && age_at_least(clock, &entry->released_at) < entry->released_for_s;
}

#endif
