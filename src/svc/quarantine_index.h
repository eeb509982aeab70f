/* quarantine_index: which incidents the quarantine holds, in memory, so that a store costs the same with ten
 * thousand of them as with none.
 *
 * Two questions: is there an incident of this (content, server, user) already, and under which name do these
 * bytes lie on the disk already. A destroyed incident answers only for destroyed ones: it has no bytes to
 * show. The last one put for a key answers for it. Loaded at start, kept up by quarantine_store; {0} is a
 * valid empty index. */
#ifndef POSTERN_SVC_QUARANTINE_INDEX_H
#define POSTERN_SVC_QUARANTINE_INDEX_H

#include "svc/incident_json.h"

struct quarantine_entry {
    char id[INCIDENT_ID_SIZE];
    uint32_t count;
    int64_t first_s;
};

struct quarantine_index {
    struct quarantine_entry *entries;
    uint32_t n, room;
    struct digest_map by_key;     /* content, server, user, kept or destroyed */
    struct digest_map by_content; /* kept ones only */
};

/* Puts the incident in, or takes over its new count if it is known. */
void quarantine_index_put(struct quarantine_index *index, const struct incident_record *record);
/* The incident with the record's content, server, user and state; NULL if there is none. Valid until the next
 * put. */
const struct quarantine_entry *quarantine_index_find(const struct quarantine_index *index,
                                                     const struct incident_record *record);
/* An incident whose original has this content; NULL if there is none. */
const struct quarantine_entry *quarantine_index_content(const struct quarantine_index *index,
                                                        const struct digest *sha256);
void quarantine_index_fini(struct quarantine_index *index);

#endif
