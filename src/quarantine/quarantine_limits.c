#include "quarantine/quarantine_internal.h"
#include "quarantine/quarantine_name.h"
#include "sys/durable.h"

bool quarantine_remove(struct quarantine *quarantine, struct quarantine_entry *entry)
{
    char record[QUARANTINE_NAME_SIZE], original[QUARANTINE_NAME_SIZE];

    quarantine_name(record, entry->id, QUARANTINE_RECORD);
    quarantine_name(original, entry->id, QUARANTINE_ORIGINAL);
    if (!durable_try_remove(quarantine->directory, record))
        return false;
    durable_remove(quarantine->directory, original);
    quarantine_index_remove(&quarantine->index, entry);
    return true;
}

/* The record stays, so that the release stays in effect and visible. */
static bool drop_original(struct quarantine *quarantine, struct quarantine_entry *entry)
{
    char original[QUARANTINE_NAME_SIZE];

    quarantine_name(original, entry->id, QUARANTINE_ORIGINAL);
    if (!durable_try_remove(quarantine->directory, original))
        return false;
    quarantine_index_set_missing(&quarantine->index, entry);
    return true;
}

static bool is_retention_over(const struct quarantine *quarantine, const struct quarantine_entry *entry)
{
    uint64_t retention_s = quarantine->limits.retention_s;

    return retention_s && (uint64_t)age_at_least(&quarantine->clock, &entry->received) >= retention_s;
}

static bool is_released(const struct quarantine *quarantine, const struct quarantine_entry *entry)
{
    return quarantine_is_released(entry, &quarantine->clock);
}

/* An incident that is not released may be removed when its retention is over. If it was released earlier and
 * its original is already gone, its record may be removed as soon as the release has expired. */
static bool may_be_removed(const struct quarantine *quarantine, const struct quarantine_entry *entry)
{
    if (!entry->id[0] || is_released(quarantine, entry))
        return false;
    return is_retention_over(quarantine, entry) ||
           (entry->released_for_s && entry->state == INCIDENT_MISSING);
}

bool quarantine_expire(struct quarantine *quarantine, struct quarantine_removed *removed, struct buf *error)
{
    struct quarantine_index *index = &quarantine->index;
    uint64_t before = index->bytes;
    bool is_complete = true;

    *removed = (struct quarantine_removed){0};
    for (uint32_t i = 0; i < index->n; i++) {
        struct quarantine_entry *entry = &index->entries[i];

        if (!may_be_removed(quarantine, entry)) {
            if (entry->id[0] && !is_released(quarantine, entry))
                quarantine_index_end_release(index, entry);
        } else if (quarantine_remove(quarantine, entry)) {
            removed->incidents++;
        } else {
            is_complete = is_complete && durable_fail(error, "removing a record");
        }
    }
    removed->bytes = before - index->bytes;
    if (removed->incidents && !durable_sync(quarantine->directory))
        is_complete = is_complete && durable_fail(error, "fsync of the directory");
    return is_complete;
}

/* Returns the released incident that was received longest ago and still has an original. */
static struct quarantine_entry *oldest_released(const struct quarantine *quarantine)
{
    const struct quarantine_index *index = &quarantine->index;
    struct quarantine_entry *oldest = NULL;

    for (size_t i = 0; i < index->released_n; i++) {
        struct quarantine_entry *entry = &index->entries[index->released[i]];

        if (entry->state == INCIDENT_QUARANTINED && is_released(quarantine, entry) &&
            (!oldest || entry->received.wall_s < oldest->received.wall_s))
            oldest = entry;
    }
    return oldest;
}

static uint64_t count_incidents(const struct quarantine *quarantine)
{
    const struct quarantine_index *index = &quarantine->index;
    uint64_t count = index->used;

    for (size_t i = 0; i < index->released_n; i++) {
        const struct quarantine_entry *entry = &index->entries[index->released[i]];

        count -= entry->state != INCIDENT_QUARANTINED && is_released(quarantine, entry);
    }
    return count;
}

static bool is_over(uint64_t limit, uint64_t have, uint64_t more)
{
    return limit && (have > limit || more > limit - have);
}

static bool is_disk_short(const struct quarantine *quarantine, uint64_t bytes)
{
    uint64_t wanted = quarantine->limits.min_free_bytes, left;

    return wanted &&
           (!durable_free_bytes(quarantine->directory, &left) || left < bytes || left - bytes < wanted);
}

/* An incident needs an original and a record, which are temporary files at first. */
static bool are_files_short(const struct quarantine *quarantine)
{
    enum { FILES_OF_AN_INCIDENT = 2 };
    uint64_t wanted = quarantine->limits.min_free_files, left;

    return wanted && (!durable_free_files(quarantine->directory, &left) || left < FILES_OF_AN_INCIDENT ||
                      left - FILES_OF_AN_INCIDENT < wanted);
}

/* Returns the name of a limit that one more incident would exceed, or that cannot be checked. NULL: there is
 * no such limit. */
static const char *exceeded_limit(const struct quarantine *quarantine, uint64_t bytes)
{
    if (is_over(quarantine->limits.max_incidents, count_incidents(quarantine), 1))
        return "max_incidents";
    if (is_over(quarantine->limits.max_bytes, quarantine->index.bytes, bytes))
        return "max_bytes";
    if (is_disk_short(quarantine, bytes))
        return "min_free_bytes";
    return are_files_short(quarantine) ? "min_free_inodes" : NULL;
}

bool quarantine_make_space(struct quarantine *quarantine, uint64_t bytes, struct buf *error)
{
    const char *limit = exceeded_limit(quarantine, bytes);
    struct quarantine_removed removed;
    struct buf ignored = {0};

    if (!limit)
        return true;
    quarantine_expire(quarantine, &removed, &ignored);
    buf_fini(&ignored);
    while ((limit = exceeded_limit(quarantine, bytes))) {
        struct quarantine_entry *released = oldest_released(quarantine);

        if (!released) {
            buf_add_format(error, "no room: [quarantine] %s", limit);
            return false;
        }
        if (!drop_original(quarantine, released))
            return durable_fail(error, "removing an original");
    }
    return true;
}
