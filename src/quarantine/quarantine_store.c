#include "quarantine/quarantine_again.h"
#include "quarantine/quarantine_temp_file.h"
#include "quarantine/quarantine_copy_in.h"
#include "quarantine/quarantine_internal.h"
#include "quarantine/quarantine_name.h"
#include "sys/durable.h"

#include <errno.h>
#include <unistd.h>

bool quarantine_write_record(int directory, const struct incident_record *record, bool replace,
                             struct buf *error)
{
    char name[QUARANTINE_NAME_SIZE];
    struct buf text = {0};
    struct quarantine_temp_file draft;
    bool kept;

    quarantine_name(name, record->incident.id, QUARANTINE_RECORD);
    incident_json_write(record, &text);
    kept = quarantine_temp_file_begin(&draft, directory, error) &&
           (durable_write(draft.fd, buf_span(&text)) || durable_fail(error, "writing the record")) &&
           quarantine_temp_file_keep(&draft, name, replace, error);
    quarantine_temp_file_drop(&draft);
    buf_fini(&text);
    return kept;
}

/* Returns the name under which the bytes are already on disk, or NULL. */
static const char *find_original(const struct quarantine *quarantine, const struct incident_record *record,
                                 char name[QUARANTINE_NAME_SIZE])
{
    const struct quarantine_entry *other = quarantine_index_content(&quarantine->index, &record->sha256);

    if (!other)
        return NULL;
    quarantine_name(name, other->id, QUARANTINE_ORIGINAL);
    return durable_has(quarantine->directory, name, record->incident.size) ? name : NULL;
}

static bool link_original(int directory, const char *name, const struct incident_record *record)
{
    return durable_link(directory, name, record->incident.file) && durable_sync(directory);
}

static bool copy_original(int directory, int fd, const struct incident_record *record, struct buf *error)
{
    struct quarantine_temp_file draft;
    struct digest sha256;
    bool kept;

    kept = quarantine_temp_file_begin(&draft, directory, error) &&
           quarantine_copy_in(fd, record->incident.size, draft.fd, &sha256, error);
    if (kept && memcmp(&sha256, &record->sha256, sizeof sha256) != 0) {
        buf_add(error, SPAN("the message changed while it was read"));
        kept = false;
    }
    kept = kept && quarantine_temp_file_keep(&draft, record->incident.file, false, error);
    quarantine_temp_file_drop(&draft);
    return kept;
}

static void take_back(int directory, const struct incident_record *record)
{
    char name[QUARANTINE_NAME_SIZE];

    quarantine_name(name, record->incident.id, QUARANTINE_RECORD);
    durable_remove(directory, name);
    if (record->incident.file[0])
        durable_remove(directory, record->incident.file);
}

/* An undo must never remove existing files, so an id with existing files is not free. */
static bool find_free_id(int directory, char id[INCIDENT_ID_SIZE])
{
    char original[QUARANTINE_NAME_SIZE], record[QUARANTINE_NAME_SIZE];

    if (!durable_random_hex(id))
        return false;
    quarantine_name(original, id, QUARANTINE_ORIGINAL);
    quarantine_name(record, id, QUARANTINE_RECORD);
    if (!durable_exists(directory, original) && !durable_exists(directory, record))
        return true;
    id[0] = '\0';
    errno = EEXIST;
    return false;
}

static bool write_new(struct quarantine *quarantine, struct incident_record *record, struct buf *error)
{
    if (!quarantine_write_record(quarantine->directory, record, false, error))
        return false;
    quarantine_index_add(&quarantine->index, record);
    return true;
}

static bool keep_new(struct quarantine *quarantine, int fd, struct incident_record *record, struct buf *error)
{
    int directory = quarantine->directory;
    struct incident *incident = &record->incident;
    char place[QUARANTINE_NAME_SIZE];
    const char *original;
    bool kept;

    /* Making room may remove the very original that was to be shared. */
    do {
        original = find_original(quarantine, record, place);
        if (!quarantine_make_room(quarantine, original ? 0 : incident->size, error))
            return false;
    } while (original && !find_original(quarantine, record, place));
    if (!find_free_id(directory, incident->id))
        return durable_fail(error, "random name");
    quarantine_name(incident->file, incident->id, QUARANTINE_ORIGINAL);
    kept = ((original && link_original(directory, original, record)) ||
            copy_original(directory, fd, record, error)) &&
           write_new(quarantine, record, error);
    if (!kept)
        take_back(directory, record);
    return kept;
}

static bool refresh(struct quarantine *quarantine, struct quarantine_entry *entry,
                    struct incident_record *record, struct buf *error)
{
    record->count = entry->count < UINT32_MAX ? entry->count + 1 : entry->count;
    record->first_s = entry->first_s;
    if (!quarantine_write_record(quarantine->directory, record, true, error))
        return false;
    quarantine_index_update(&quarantine->index, entry, record);
    return true;
}

/* Finds the incident that this one repeats, if it is still complete: its files may have been removed by
 * hand. */
static struct quarantine_entry *find_same(const struct quarantine *quarantine, struct incident_record *record)
{
    struct quarantine_entry *entry = quarantine_index_find(&quarantine->index, record);
    char name[QUARANTINE_NAME_SIZE];

    if (!entry)
        return NULL;
    quarantine_name(name, entry->id, QUARANTINE_RECORD);
    if (!durable_exists(quarantine->directory, name))
        return NULL;
    quarantine_name(name, entry->id, QUARANTINE_ORIGINAL);
    if (record->state == INCIDENT_QUARANTINED &&
        !durable_has(quarantine->directory, name, record->incident.size))
        return NULL;
    memcpy(record->incident.id, entry->id, sizeof entry->id);
    if (record->state == INCIDENT_QUARANTINED)
        memcpy(record->incident.file, name, sizeof record->incident.file);
    return entry;
}

/* The first version of the bytes stays. True: there is such an incident; *kept says whether it could be
 * refreshed. */
static bool refresh_again(struct quarantine *quarantine, struct incident_record *record, struct buf *error,
                          bool *kept)
{
    struct incident_record first;
    struct quarantine_entry *entry = quarantine_find_again(quarantine, record, &first);
    uint32_t count;

    if (!entry)
        return false;
    count = first.count < UINT32_MAX ? first.count + 1 : first.count;
    first.count = count;
    first.received = record->received;
    first.incident.received_s = record->incident.received_s;
    first.incident.verdict = record->incident.verdict;
    memcpy(first.incident.client, record->incident.client, sizeof first.incident.client);
    memcpy(first.incident.session, record->incident.session, sizeof first.incident.session);
    *kept = quarantine_write_record(quarantine->directory, &first, true, error);
    if (*kept) {
        quarantine_index_update(&quarantine->index, entry, &first);
        *record = first;
    }
    return true;
}

static bool keep(struct quarantine *quarantine, int fd, struct incident_record *record, struct buf *error)
{
    struct quarantine_entry *same = find_same(quarantine, record);

    bool kept;

    if (same)
        return refresh(quarantine, same, record, error);
    if (refresh_again(quarantine, record, error, &kept))
        return kept;
    return keep_new(quarantine, fd, record, error);
}

/* The message is dropped in any case; its record is kept if possible. */
static bool destroy(struct quarantine *quarantine, struct incident_record *record, struct buf *error)
{
    struct quarantine_entry *same = find_same(quarantine, record);
    bool kept;

    if (same) {
        refresh(quarantine, same, record, error);
        return true;
    }
    if (refresh_again(quarantine, record, error, &kept))
        return true;
    if (!find_free_id(quarantine->directory, record->incident.id))
        return durable_fail(error, "random name");
    if (quarantine_make_room(quarantine, 0, error) && !write_new(quarantine, record, error))
        take_back(quarantine->directory, record);
    return true;
}

static bool passes(struct quarantine *quarantine, struct incident_record *record)
{
    const struct quarantine_entry *release =
        quarantine_index_release(&quarantine->index, record, &quarantine->clock);

    if (!release)
        release = quarantine_find_released_again(quarantine, record);

    if (!release || record->incident.undeliverable)
        return false;
    memcpy(record->incident.id, release->id, sizeof release->id);
    return true;
}

enum quarantine_stored quarantine_store(struct quarantine *quarantine, int fd, bool destroyed,
                                        struct incident *incident, struct buf *error)
{
    struct incident_record record = {.incident = *incident,
                                     .count = 1,
                                     .first_s = quarantine->clock.now.wall_s,
                                     .received = quarantine->clock.now.mark};
    enum quarantine_stored result = QUARANTINE_STORED;

    record.incident.received_s = quarantine->clock.now.wall_s;
    record.incident.id[0] = '\0';
    record.incident.file[0] = '\0';
    record.state = destroyed ? INCIDENT_DESTROYED : INCIDENT_QUARANTINED;
    if (!quarantine_copy_in(fd, record.incident.size, -1, &record.sha256, error))
        return QUARANTINE_NOT_STORED;
    if (passes(quarantine, &record))
        result = QUARANTINE_RELEASED;
    else if (destroyed ? !destroy(quarantine, &record, error) : !keep(quarantine, fd, &record, error))
        return QUARANTINE_NOT_STORED;
    *incident = record.incident;
    return result;
}
