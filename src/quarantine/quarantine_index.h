/* quarantine_index: which incidents the quarantine holds, in memory, so that a store costs the same with ten
 * thousand of them as with none.
 *
 * Questions: is there an incident of this (content, kind, server, user) already; under which name do these
 * bytes lie on the disk already; was this content, of this kind, released for this user, or for everyone; how
 * much is there. A destroyed incident answers only for destroyed ones: it has no bytes to show. Where two
 * have the same key, the later one answers for it: the earlier has lost its bytes or its record to somebody's
 * hand, and holds nothing any more but a place until it expires. Releases are made by people, one at a time,
 * so they stand in a list that is searched from end to end.
 *
 * Loaded at start, kept up by every change; {0} is a valid empty index. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_INDEX_H
#define POSTERN_QUARANTINE_QUARANTINE_INDEX_H

#include "quarantine/incident_json.h"

struct quarantine_entry {
    char id[INCIDENT_ID_SIZE]; /* empty: the place is free */
    enum incident_state state;
    uint32_t count;
    enum message_kind kind;
    bool is_keyed; /* answers for its key */
    bool released_to_all;
    bool has_uid;
    int64_t first_s;
    struct age_stamp received;
    int64_t released_for_s; /* 0: never released, or over and noticed */
    struct age_stamp released_at;
    uint64_t size;
    struct digest key; /* of content, kind, server, user */
    struct digest uid; /* of unique-id, server, user; not with has_uid false */
    struct digest sha256;
    uint32_t before,
        after; /* entries that share the content, in a ring; of a free place: the next free one */
};

struct quarantine_index {
    struct quarantine_entry *entries;
    uint32_t n, room; /* places */
    uint32_t used, first_free;
    uint64_t bytes;                    /* of originals, each content once */
    struct digest_map kept, destroyed; /* by key */
    struct digest_map by_content;      /* kept ones only */
    uint32_t *released;
    size_t released_n, released_room;
};

/* Valid until the next add. */
struct quarantine_entry *quarantine_index_add(struct quarantine_index *index,
                                              const struct incident_record *record);
/* The record of this entry was written anew; content, server and user stay what they are. */
void quarantine_index_update(struct quarantine_index *index, struct quarantine_entry *entry,
                             const struct incident_record *record);
void quarantine_index_remove(struct quarantine_index *index, struct quarantine_entry *entry);
/* Its bytes are gone: it is INCIDENT_MISSING from now on. */
void quarantine_index_lose(struct quarantine_index *index, struct quarantine_entry *entry);
void quarantine_index_end_release(struct quarantine_index *index, struct quarantine_entry *entry);

/* The incident with the record's content, kind, server, user and state; NULL if there is none. */
struct quarantine_entry *quarantine_index_find(const struct quarantine_index *index,
                                               const struct incident_record *record);
/* The next one after *at, 0 at first, that came under the record's unique-id for its user from its server;
 * NULL: there is no other. Searched from end to end: only what has a unique-id and is not known by its
 * content is looked for. */
struct quarantine_entry *quarantine_index_by_uid(const struct quarantine_index *index,
                                                 const struct incident_record *record, uint32_t *at);
/* An incident whose original has this content; NULL if there is none. */
const struct quarantine_entry *quarantine_index_content(const struct quarantine_index *index,
                                                        const struct digest *sha256);
/* The incident that was released and lets the record's content pass for its user; NULL if there is none. */
const struct quarantine_entry *quarantine_index_release(const struct quarantine_index *index,
                                                        const struct incident_record *record,
                                                        const struct age_clock *clock);
/* The one incident whose id starts so; *matches says how many do, NULL unless it is one. */
struct quarantine_entry *quarantine_index_by_id(const struct quarantine_index *index, const char *start,
                                                size_t *matches);
void quarantine_index_fini(struct quarantine_index *index);

static inline bool quarantine_is_released(const struct quarantine_entry *entry, const struct age_clock *clock)
{
    return entry->released_for_s && age_at_least(clock, &entry->released_at) < entry->released_for_s;
}

#endif
