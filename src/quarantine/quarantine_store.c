#include "quarantine/quarantine_same_mail.h"
#include "quarantine/quarantine_temp_file.h"
#include "quarantine/quarantine_copy.h"
#include "quarantine/quarantine_internal.h"
#include "quarantine/quarantine_name.h"
#include "sys/durable.h"
#include "sys/write_all.h"

#include <errno.h>
#include <unistd.h>

bool quarantine_write_record(int directory, const struct incident_record *record, bool replace,
                             struct buf *error)
{
    char name[QUARANTINE_NAME_SIZE];
    struct buf text = {0};
    struct quarantine_temp_file draft;
    bool is_stored;

    quarantine_name(name, record->incident.id, QUARANTINE_RECORD);
    incident_json_write(record, &text);
    is_stored = quarantine_temp_file_begin(&draft, directory, error) &&
                (write_all(draft.fd, buf_span(&text)) || durable_fail(error, "writing the record")) &&
                quarantine_temp_file_keep(&draft, name, replace, error);
    quarantine_temp_file_drop(&draft);
    buf_fini(&text);
    return is_stored;
}

/* Returns the name of a file that already has the bytes, or NULL. */
static const char *find_original(const struct quarantine *quarantine, const struct incident_record *record,
                                 char name[QUARANTINE_NAME_SIZE])
{
    const struct quarantine_entry *other = quarantine_index_find_content(&quarantine->index, &record->sha256);

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
    bool is_stored;

    is_stored = quarantine_temp_file_begin(&draft, directory, error) &&
                quarantine_copy(fd, record->incident.size, draft.fd, &sha256, error);
    if (is_stored && memcmp(&sha256, &record->sha256, sizeof sha256) != 0) {
        buf_add(error, SPAN("the message changed while it was read"));
        is_stored = false;
    }
    is_stored = is_stored && quarantine_temp_file_keep(&draft, record->incident.file, false, error);
    quarantine_temp_file_drop(&draft);
    return is_stored;
}

static void undo_store(int directory, const struct incident_record *record)
{
    char name[QUARANTINE_NAME_SIZE];

    quarantine_name(name, record->incident.id, QUARANTINE_RECORD);
    durable_remove(directory, name);
    if (record->incident.file[0])
        durable_remove(directory, record->incident.file);
}

/* Chooses a random id. False with errno. EEXIST: files with that id exist already. The id cannot be used,
 * because undo_store would remove these files. */
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

static bool store_new(struct quarantine *quarantine, int fd, struct incident_record *record,
                      struct buf *error)
{
    int directory = quarantine->directory;
    struct incident *incident = &record->incident;
    char shared[QUARANTINE_NAME_SIZE];
    const char *original;
    bool is_stored;

    /* Making space may remove the original that was to be linked. Then the bytes need space as well. */
    do {
        original = find_original(quarantine, record, shared);
        if (!quarantine_make_space(quarantine, original ? 0 : incident->size, error))
            return false;
    } while (original && !find_original(quarantine, record, shared));
    if (!find_free_id(directory, incident->id))
        return durable_fail(error, "choosing a random name");
    quarantine_name(incident->file, incident->id, QUARANTINE_ORIGINAL);
    is_stored = ((original && link_original(directory, original, record)) ||
                 copy_original(directory, fd, record, error)) &&
                write_new(quarantine, record, error);
    if (!is_stored)
        undo_store(directory, record);
    return is_stored;
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

/* Finds an incident with the same key as the record, and copies its id and file name to the record. NULL:
 * there is none, or files of that incident were removed or changed by hand. */
static struct quarantine_entry *find_repeated(const struct quarantine *quarantine,
                                              struct incident_record *record)
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

/* If there is an incident of the same mail with other bytes, refreshes its record and keeps its original.
 * *is_stored: the record could be written. False: there is no such incident. */
static bool refresh_same_mail(struct quarantine *quarantine, struct incident_record *record,
                              struct buf *error, bool *is_stored)
{
    struct incident_record stored;
    struct quarantine_entry *entry = quarantine_find_same_mail(quarantine, record, &stored);
    uint32_t count;

    if (!entry)
        return false;
    count = stored.count < UINT32_MAX ? stored.count + 1 : stored.count;
    stored.count = count;
    stored.received = record->received;
    stored.incident.received_s = record->incident.received_s;
    stored.incident.verdict = record->incident.verdict;
    memcpy(stored.incident.client, record->incident.client, sizeof stored.incident.client);
    memcpy(stored.incident.session, record->incident.session, sizeof stored.incident.session);
    *is_stored = quarantine_write_record(quarantine->directory, &stored, true, error);
    if (*is_stored) {
        quarantine_index_update(&quarantine->index, entry, &stored);
        *record = stored;
    }
    return true;
}

static bool store(struct quarantine *quarantine, int fd, struct incident_record *record, struct buf *error)
{
    struct quarantine_entry *repeated = find_repeated(quarantine, record);
    bool is_stored;

    if (repeated)
        return refresh(quarantine, repeated, record, error);
    if (refresh_same_mail(quarantine, record, error, &is_stored))
        return is_stored;
    return store_new(quarantine, fd, record, error);
}

/* Keeps no bytes, only a record. Also returns true if there is no room for the record, or it cannot be
 * written; *error then has the reason. False: no id could be chosen. */
static bool destroy(struct quarantine *quarantine, struct incident_record *record, struct buf *error)
{
    struct quarantine_entry *repeated = find_repeated(quarantine, record);
    bool is_stored;

    if (repeated) {
        refresh(quarantine, repeated, record, error);
        return true;
    }
    if (refresh_same_mail(quarantine, record, error, &is_stored))
        return true;
    if (!find_free_id(quarantine->directory, record->incident.id))
        return durable_fail(error, "choosing a random name");
    if (quarantine_make_space(quarantine, 0, error) && !write_new(quarantine, record, error))
        undo_store(quarantine->directory, record);
    return true;
}

/* Returns whether a release lets the message pass. If so, sets the record's id to the id of the released
 * incident. */
static bool is_released(struct quarantine *quarantine, struct incident_record *record)
{
    const struct quarantine_entry *release =
        quarantine_index_find_release(&quarantine->index, record, &quarantine->clock);

    if (!release)
        release = quarantine_find_released_same_mail(quarantine, record);
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
    if (!quarantine_copy(fd, record.incident.size, -1, &record.sha256, error))
        return QUARANTINE_NOT_STORED;
    if (is_released(quarantine, &record))
        result = QUARANTINE_RELEASED;
    else if (destroyed ? !destroy(quarantine, &record, error) : !store(quarantine, fd, &record, error))
        return QUARANTINE_NOT_STORED;
    *incident = record.incident;
    return result;
}
