/* quarantine_times: corrects recorded times after the wall clock was wrong. */
#include "quarantine/quarantine_internal.h"
#include "quarantine/quarantine_name.h"
#include "quarantine/quarantine_read.h"
#include "sys/durable.h"

bool quarantine_update_clock(struct quarantine *quarantine, const struct age_stamp *now, bool is_synchronised)
{
    return age_clock_read(&quarantine->clock, now, is_synchronised);
}

void quarantine_set_clock(struct quarantine *quarantine, const struct age_clock *clock)
{
    quarantine->clock = *clock;
}

const struct age_clock *quarantine_clock(const struct quarantine *quarantine)
{
    return &quarantine->clock;
}

static bool needs_correction(const struct quarantine *quarantine, const struct quarantine_entry *entry)
{
    struct age_stamp received = entry->received, released_at = entry->released_at;

    return entry->id[0] && (age_correct(&quarantine->clock, &received) ||
                            (entry->released_for_s && age_correct(&quarantine->clock, &released_at)));
}

/* first_s has no clock mark. If the message was received only once, first_s becomes received_s. If first_s is
 * before the release date of this program, it is corrected by the same difference as received_s. It never
 * becomes later than received_s. */
static void correct_first_time(const struct age_clock *clock, struct incident_record *record, int64_t by_s)
{
    int64_t received_s = record->incident.received_s;

    if (record->count == 1)
        record->first_s = received_s;
    else if (record->first_s < clock->earliest_s)
        record->first_s += by_s;
    if (record->first_s > received_s || record->first_s < 0)
        record->first_s = received_s;
}

static void correct_record(const struct age_clock *clock, struct incident_record *record)
{
    struct age_stamp received = incident_received(record);
    int64_t duration_s = record->released_until_s - record->released_at.wall_s;

    if (age_correct(clock, &received)) {
        int64_t by_s = received.wall_s - record->incident.received_s;

        record->incident.received_s = received.wall_s;
        record->received = received.mark;
        correct_first_time(clock, record, by_s);
    }
    if (record->released_until_s && age_correct(clock, &record->released_at))
        record->released_until_s = record->released_at.wall_s + duration_s;
}

/* If the record can no longer be read, only the entry in the index is corrected. The record stays as it is
 * until the incident expires. */
static bool correct_entry(struct quarantine *quarantine, struct quarantine_entry *entry, struct buf *error)
{
    char name[QUARANTINE_NAME_SIZE];
    struct incident_record record;

    quarantine_name(name, entry->id, QUARANTINE_RECORD);
    if (!quarantine_read_record(quarantine->directory, name, &record)) {
        age_correct(&quarantine->clock, &entry->received);
        age_correct(&quarantine->clock, &entry->released_at);
        return true;
    }
    if (record.state == INCIDENT_MISSING)
        record.state = INCIDENT_QUARANTINED;
    correct_record(&quarantine->clock, &record);
    if (!quarantine_write_record(quarantine->directory, &record, true, error))
        return false;
    quarantine_index_update(&quarantine->index, entry, &record);
    return true;
}

bool quarantine_correct_times(struct quarantine *quarantine, unsigned max, bool *is_more, struct buf *error)
{
    struct quarantine_index *index = &quarantine->index;
    unsigned done = 0;

    *is_more = false;
    for (uint32_t i = 0; i < index->n; i++) {
        if (!needs_correction(quarantine, &index->entries[i]))
            continue;
        *is_more = done == max;
        if (*is_more)
            break;
        if (!correct_entry(quarantine, &index->entries[i], error))
            return false;
        done++;
    }
    return true;
}
