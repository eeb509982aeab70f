/* quarantine_internal: declarations shared by the files of the quarantine.
 *
 * quarantine.c opens and closes the quarantine, quarantine_store.c stores messages, quarantine_limits.c
 * removes incidents, quarantine_serve.c carries out requests of administrators, quarantine_times.c corrects
 * times. */
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

/* If `replace` is true, the existing record is replaced. Otherwise an existing record is an error. */
bool quarantine_write_record(int directory, const struct incident_record *record, bool replace,
                             struct buf *error);

/* Removes an incident. Removes the record first, because quarantine_open removes an original without a
 * record. The removal is durable only after the caller has synced the directory. False with errno: nothing
 * was removed. */
bool quarantine_remove(struct quarantine *quarantine, struct quarantine_entry *entry);

/* Makes space for one more incident with an original of `bytes`: if it would exceed a limit, removes what may
 * be removed. False and *error: the incident would still exceed a limit, or an original could not be
 * removed. */
bool quarantine_make_space(struct quarantine *quarantine, uint64_t bytes, struct buf *error);

#endif
