/* quarantine_internal: shared by the files of the quarantine. quarantine.c opens and closes it,
 * quarantine_store.c keeps messages, quarantine_limits.c removes incidents, quarantine_serve.c carries out
 * requests of administrators. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_INTERNAL_H
#define POSTERN_QUARANTINE_QUARANTINE_INTERNAL_H

#include "quarantine/quarantine.h"
#include "quarantine/quarantine_index.h"

struct quarantine {
    int directory;
    struct quarantine_index index;
    struct quarantine_limits limits;
    struct age_clock clock;
};

/* `replace`: overwrites the existing record; otherwise an existing record is an error. */
bool quarantine_write_record(int directory, const struct incident_record *record, bool replace,
                             struct buf *error);

/* Removes the record first, so that an original left by a crash is swept; then the original. False with
 * errno: not removed (at least the record is still there). Durable when the directory has been synced. */
bool quarantine_forget(struct quarantine *quarantine, struct quarantine_entry *entry);

/* Makes room for one more incident with `bytes` of new original by removing what may be removed. False and
 * *error: the quarantine stays over its limits. */
bool quarantine_make_room(struct quarantine *quarantine, uint64_t bytes, struct buf *error);

#endif
