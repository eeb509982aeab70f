#include "quarantine/quarantine_same_mail.h"

#include "quarantine/quarantine_name.h"
#include "quarantine/quarantine_read.h"

/* Returns the next incident of the same mail, from slot *at on, and sets *stored to its record. NULL: there
 * is none. */
static struct quarantine_entry *next_same_mail(struct quarantine *quarantine,
                                               const struct incident_record *record,
                                               struct incident_record *stored, uint32_t *at)
{
    struct quarantine_entry *entry;
    char name[QUARANTINE_NAME_SIZE];

    while ((entry = quarantine_index_find_uid(&quarantine->index, record, at))) {
        quarantine_name(name, entry->id, QUARANTINE_RECORD);
        if (quarantine_read_record(quarantine->directory, name, stored) &&
            incident_is_same_mail(&stored->incident, &record->incident))
            return entry;
    }
    return NULL;
}

struct quarantine_entry *quarantine_find_same_mail(struct quarantine *quarantine,
                                                   const struct incident_record *record,
                                                   struct incident_record *stored)
{
    struct quarantine_entry *entry;
    uint32_t at = 0;

    while ((entry = next_same_mail(quarantine, record, stored, &at)))
        if (entry->state == record->state && stored->state == record->state)
            return entry;
    return NULL;
}

struct quarantine_entry *quarantine_find_released_same_mail(struct quarantine *quarantine,
                                                            const struct incident_record *record)
{
    struct incident_record stored;
    struct quarantine_entry *entry;
    uint32_t at = 0;

    if (quarantine->index.released_n == 0)
        return NULL;
    while ((entry = next_same_mail(quarantine, record, &stored, &at)))
        if (!entry->released_to_all && quarantine_is_released(entry, &quarantine->clock))
            return entry;
    return NULL;
}
