#include "quarantine/quarantine_again.h"

#include "quarantine/quarantine_name.h"
#include "quarantine/quarantine_read.h"

/* Iterates over the records of the incidents with this unique-id. */
static struct quarantine_entry *next(struct quarantine *quarantine, const struct incident_record *record,
                                     struct incident_record *first, uint32_t *at)
{
    struct quarantine_entry *entry;
    char name[QUARANTINE_NAME_SIZE];

    while ((entry = quarantine_index_by_uid(&quarantine->index, record, at))) {
        quarantine_name(name, entry->id, QUARANTINE_RECORD);
        if (quarantine_read_record(quarantine->directory, name, first) &&
            incident_is_same_mail(&first->incident, &record->incident))
            return entry;
    }
    return NULL;
}

struct quarantine_entry *quarantine_find_again(struct quarantine *quarantine,
                                               const struct incident_record *record,
                                               struct incident_record *first)
{
    struct quarantine_entry *entry;
    uint32_t at = 0;

    while ((entry = next(quarantine, record, first, &at)))
        if (entry->state == record->state && first->state == record->state)
            return entry;
    return NULL;
}

struct quarantine_entry *quarantine_find_released_again(struct quarantine *quarantine,
                                                        const struct incident_record *record)
{
    struct incident_record first;
    struct quarantine_entry *entry;
    uint32_t at = 0;

    if (quarantine->index.released_n == 0)
        return NULL;
    while ((entry = next(quarantine, record, &first, &at)))
        if (!entry->released_to_all && quarantine_is_released(entry, &quarantine->clock))
            return entry;
    return NULL;
}
