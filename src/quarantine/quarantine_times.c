/* quarantine_times: corrects recorded times when the wall clock turns out to have been wrong. */
#include "quarantine/quarantine_internal.h"
#include "quarantine/quarantine_name.h"
#include "quarantine/quarantine_read.h"
#include "sys/durable.h"

bool quarantine_query(struct quarantine *quarantine, const struct age_stamp *now, bool is_kept)
{
    return age_clock_read(&quarantine->clock, now, is_kept);
}

void quarantine_follow(struct quarantine *quarantine, const struct age_clock *clock)
{
    quarantine->clock = *clock;
}

const struct age_clock *quarantine_clock(const struct quarantine *quarantine)
{
    return &quarantine->clock;
}

static bool is_wrong(const struct quarantine *quarantine, const struct quarantine_entry *entry)
{
    struct age_stamp received = entry->received, released_at = entry->released_at;

    return entry->id[0] && (age_correct(&quarantine->clock, &received) ||
                            (entry->released_for_s && age_correct(&quarantine->clock, &released_at)));
}

/* first_s has no clock mark: it is corrected along with received_s if both are the same, or if it is
 * impossible. */
static void correct_first(const struct age_clock *clock, struct incident_record *record, int64_t by_s)
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
    int64_t holds_s = record->released_until_s - record->released_at.wall_s;

    if (age_correct(clock, &received)) {
        int64_t by_s = received.wall_s - record->incident.received_s;

        record->incident.received_s = received.wall_s;
        record->received = received.mark;
        correct_first(clock, record, by_s);
    }
    if (record->released_until_s && age_correct(clock, &record->released_at))
        record->released_until_s = record->released_at.wall_s + holds_s;
}

/* A record that cannot be read any more is left until its retention expires. */
static bool correct(struct quarantine *quarantine, struct quarantine_entry *entry, struct buf *error)
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

bool quarantine_correct_times(struct quarantine *quarantine, unsigned most, bool *left, struct buf *error)
{
    struct quarantine_index *index = &quarantine->index;
    unsigned done = 0;

    *left = false;
    for (uint32_t i = 0; i < index->n; i++) {
        if (!is_wrong(quarantine, &index->entries[i]))
            continue;
        *left = done == most;
        if (*left)
            break;
        if (!correct(quarantine, &index->entries[i], error))
            return false;
        done++;
    }
    return true;
}
