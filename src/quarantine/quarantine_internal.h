/* quarantine_internal: what the files of the quarantine share. quarantine.c opens and closes it,
 * quarantine_store.c keeps a message, quarantine_limits.c lets incidents go, quarantine_serve.c does what an
 * administrator asks. */
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

/* `replace`: in place of the one it has; otherwise that is a failure. */
bool quarantine_write_record(int directory, const struct incident_record *record, bool replace,
                             struct buf *error);

/* The record first, so that what a crash leaves is swept; then the original. False with errno: it stays, the
 * record at least. Safe when the directory was synced. */
bool quarantine_forget(struct quarantine *quarantine, struct quarantine_entry *entry);

/* Room for one more incident with so many new bytes of original: lets go what may go. False and *error: the
 * quarantine is over its limits and nothing more may go. */
bool quarantine_make_room(struct quarantine *quarantine, uint64_t bytes, struct buf *error);

#endif
