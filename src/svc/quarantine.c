#include "svc/quarantine.h"

#include "svc/message_hash.h"
#include "svc/quarantine_draft.h"
#include "svc/quarantine_index.h"
#include "svc/quarantine_intake.h"
#include "svc/quarantine_name.h"
#include "svc/quarantine_read.h"
#include "sys/durable.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct quarantine {
    int directory;
    struct quarantine_index index;
};

static bool write_record(int directory, const struct incident_record *record, bool replace, struct buf *error)
{
    char name[QUARANTINE_NAME_SIZE];
    struct buf text = {0};
    struct quarantine_draft draft;
    bool kept;

    quarantine_name(name, record->incident.id, QUARANTINE_RECORD);
    incident_json_write(record, &text);
    kept = quarantine_draft_begin(&draft, directory, error) &&
           (durable_write(draft.fd, buf_span(&text)) || durable_fail(error, "writing the record")) &&
           quarantine_draft_keep(&draft, name, replace, error);
    quarantine_draft_drop(&draft);
    buf_fini(&text);
    return kept;
}

/* The bytes are there already, under the name of another incident. */
static bool link_original(const struct quarantine *quarantine, const struct incident_record *record)
{
    const struct quarantine_entry *other = quarantine_index_content(&quarantine->index, &record->sha256);
    char name[QUARANTINE_NAME_SIZE];

    if (!other)
        return false;
    quarantine_name(name, other->id, QUARANTINE_ORIGINAL);
    return durable_has(quarantine->directory, name, record->incident.size) &&
           durable_link(quarantine->directory, name, record->incident.file) &&
           durable_sync(quarantine->directory);
}

static void take_back(int directory, const struct incident_record *record)
{
    char name[QUARANTINE_NAME_SIZE];

    quarantine_name(name, record->incident.id, QUARANTINE_RECORD);
    durable_remove(directory, name);
    if (record->incident.file[0])
        durable_remove(directory, record->incident.file);
}

/* What is not ours must never be taken back, so an id whose names are taken is none. */
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

/* draft: the copied bytes; NULL where they are not kept. */
static bool store_new(struct quarantine *quarantine, struct quarantine_draft *draft,
                      struct incident_record *record, struct buf *error)
{
    struct incident *incident = &record->incident;
    bool kept = true;

    if (!find_free_id(quarantine->directory, incident->id))
        return durable_fail(error, "random name");
    if (draft)
        quarantine_name(incident->file, incident->id, QUARANTINE_ORIGINAL);
    if (draft && !link_original(quarantine, record))
        kept = quarantine_draft_keep(draft, incident->file, false, error);
    kept = kept && write_record(quarantine->directory, record, false, error);
    if (kept)
        quarantine_index_put(&quarantine->index, record);
    else
        take_back(quarantine->directory, record);
    return kept;
}

static bool refresh(struct quarantine *quarantine, const struct quarantine_entry *entry,
                    struct incident_record *record, struct buf *error)
{
    record->count = entry->count < UINT32_MAX ? entry->count + 1 : entry->count;
    record->first_s = entry->first_s;
    if (!write_record(quarantine->directory, record, true, error))
        return false;
    quarantine_index_put(&quarantine->index, record);
    return true;
}

/* The incident that this one repeats, if it is still whole: somebody may have tidied up by hand. */
static const struct quarantine_entry *find_same(const struct quarantine *quarantine,
                                                struct incident_record *record)
{
    const struct quarantine_entry *entry = quarantine_index_find(&quarantine->index, record);
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

static bool keep(struct quarantine *quarantine, int fd, struct incident_record *record, struct buf *error)
{
    const struct quarantine_entry *same;
    struct quarantine_draft draft;
    bool kept;

    kept = quarantine_draft_begin(&draft, quarantine->directory, error) &&
           quarantine_take_in(fd, record->incident.size, draft.fd, &record->sha256, error);
    if (kept) {
        same = find_same(quarantine, record);
        kept = same ? refresh(quarantine, same, record, error) : store_new(quarantine, &draft, record, error);
    }
    quarantine_draft_drop(&draft);
    return kept;
}

/* The message goes in any case; its record is kept if it can be. */
static bool destroy(struct quarantine *quarantine, int fd, struct incident_record *record, struct buf *error)
{
    const struct quarantine_entry *same;

    if (!quarantine_take_in(fd, record->incident.size, -1, &record->sha256, error))
        return false;
    same = find_same(quarantine, record);
    if (same)
        refresh(quarantine, same, record, error);
    else
        store_new(quarantine, NULL, record, error);
    return record->incident.id[0] != '\0';
}

bool quarantine_store(struct quarantine *quarantine, int fd, bool destroyed, struct incident *incident,
                      struct buf *error)
{
    struct incident_record record = {.incident = *incident, .count = 1, .first_s = incident->received_s};
    bool stored;

    record.incident.id[0] = '\0';
    record.incident.file[0] = '\0';
    record.state = destroyed ? INCIDENT_DESTROYED : INCIDENT_QUARANTINED;
    stored = destroyed ? destroy(quarantine, fd, &record, error) : keep(quarantine, fd, &record, error);
    if (stored)
        *incident = record.incident;
    return stored;
}

/* What a crash leaves: nobody was told of it, so the mail is still on its server. */
static void sweep(int directory, const struct durable_names *names)
{
    for (size_t i = 0; i < names->n; i++) {
        const char *name = names->at[i];
        char record[QUARANTINE_NAME_SIZE];
        bool is_left = quarantine_is_name(name, QUARANTINE_DRAFT);

        if (quarantine_is_name(name, QUARANTINE_ORIGINAL)) {
            quarantine_name_beside(record, name, QUARANTINE_RECORD);
            is_left = !durable_exists(directory, record);
        }
        if (is_left)
            durable_remove(directory, name);
    }
}

static bool load(struct quarantine *quarantine)
{
    struct durable_names names = {0};
    struct incident_record record;
    bool listed = durable_list(quarantine->directory, &names);

    if (listed)
        sweep(quarantine->directory, &names);
    for (size_t i = 0; listed && i < names.n; i++)
        if (quarantine_is_name(names.at[i], QUARANTINE_RECORD) &&
            quarantine_read_record(quarantine->directory, names.at[i], &record) &&
            record.state != INCIDENT_MISSING)
            quarantine_index_put(&quarantine->index, &record);
    durable_names_fini(&names);
    return listed;
}

/* A disk that is read-only now may be mended while we run; rights that we lack will not be. */
static bool take_over(struct quarantine *quarantine, const char *path, struct buf *error)
{
    if (!message_hash_prepare())
        buf_add_format(error, "%s: OpenSSL has no SHA-256", path);
    else if (!durable_is_writable(quarantine->directory) && errno != EROFS)
        durable_fail(error, path);
    else if (durable_is_open_to_all(quarantine->directory))
        buf_add_format(error, "%s: everybody may write there; it must be its owner's alone", path);
    else if (!durable_lock(quarantine->directory))
        buf_add_format(error, "%s: another process has it open as its quarantine", path);
    else if (!load(quarantine))
        durable_fail(error, path);
    else
        return true;
    return false;
}

struct quarantine *quarantine_open(const char *directory, struct buf *error)
{
    struct quarantine *quarantine = mem_alloc_zero(sizeof *quarantine);

    quarantine->directory = durable_open_directory(directory, error);
    if (quarantine->directory >= 0 && take_over(quarantine, directory, error))
        return quarantine;
    quarantine_free(&quarantine);
    return NULL;
}

void quarantine_free(struct quarantine **quarantine)
{
    struct quarantine *gone = *quarantine;

    if (!gone)
        return;
    if (gone->directory >= 0)
        close(gone->directory);
    quarantine_index_fini(&gone->index);
    free(gone);
    *quarantine = NULL;
}

int quarantine_directory(const struct quarantine *quarantine)
{
    return quarantine->directory;
}

size_t quarantine_count(const struct quarantine *quarantine)
{
    return quarantine->index.n;
}
