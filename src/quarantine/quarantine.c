#include "quarantine/quarantine.h"

#include "sys/message_hash.h"
#include "quarantine/quarantine_copy.h"
#include "quarantine/quarantine_internal.h"
#include "quarantine/quarantine_name.h"
#include "quarantine/quarantine_read.h"
#include "sys/durable.h"

#include "build_config.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Removes what a crash during a store or a removal has left. If a store was interrupted, the message was not
 * reported as stored, and is still on the server. */
static void remove_remnants(int directory, const struct durable_names *names)
{
    for (size_t i = 0; i < names->n; i++) {
        const char *name = names->at[i];
        char record[QUARANTINE_NAME_SIZE];
        bool is_remnant = quarantine_is_name(name, QUARANTINE_DRAFT);

        if (quarantine_is_name(name, QUARANTINE_ORIGINAL)) {
            quarantine_name_beside(record, name, QUARANTINE_RECORD);
            is_remnant = !durable_exists(directory, record);
        }
        if (is_remnant)
            durable_remove(directory, name);
    }
}

static bool load(struct quarantine *quarantine)
{
    struct durable_names names = {0};
    struct incident_record record;
    bool listed = durable_list(quarantine->directory, &names);

    if (listed)
        remove_remnants(quarantine->directory, &names);
    for (size_t i = 0; listed && i < names.n; i++)
        if (quarantine_is_name(names.at[i], QUARANTINE_RECORD) &&
            quarantine_read_record(quarantine->directory, names.at[i], &record))
            quarantine_index_add(&quarantine->index, &record);
    durable_names_fini(&names);
    return listed;
}

/* A read-only file system is accepted, because it may become writable while the service runs. */
static bool lock_and_load(struct quarantine *quarantine, const char *path, struct buf *error)
{
    if (!message_hash_prepare())
        buf_add_format(error, "%s: OpenSSL has no SHA-256", path);
    else if (!durable_is_writable(quarantine->directory) && errno != EROFS)
        durable_fail(error, path);
    else if (durable_is_open_to_all(quarantine->directory))
        buf_add_format(error, "%s: the directory is world-writable: chmod o-w %s", path, path);
    else if (!durable_lock(quarantine->directory))
        buf_add_format(error, "%s: another process is using this quarantine", path);
    else if (!load(quarantine))
        durable_fail(error, path);
    else
        return true;
    return false;
}

struct quarantine *quarantine_open(const char *directory, struct buf *error)
{
    struct quarantine *quarantine = mem_alloc_zero(sizeof *quarantine);

    quarantine->limits.release_s = QUARANTINE_RELEASE_S;
    quarantine->clock.earliest_s = POSTERN_RELEASED_S;
    quarantine->directory = durable_open_directory(directory, error);
    if (quarantine->directory >= 0 && lock_and_load(quarantine, directory, error))
        return quarantine;
    quarantine_free(&quarantine);
    return NULL;
}

void quarantine_free(struct quarantine **quarantine)
{
    struct quarantine *freed = *quarantine;

    if (!freed)
        return;
    if (freed->directory >= 0)
        close(freed->directory);
    quarantine_index_fini(&freed->index);
    free(freed);
    *quarantine = NULL;
}

void quarantine_limits_of(const struct conf *conf, struct quarantine_limits *limits)
{
    *limits = (struct quarantine_limits){
        .retention_s = (conf->quarantine.retention_ms + 999) / 1000,
        .max_bytes = conf->quarantine.max_bytes,
        .max_incidents = conf->quarantine.max_incidents,
        .min_free_bytes = conf->quarantine.min_free_bytes,
        .min_free_files = conf->quarantine.min_free_inodes,
        .release_s = (conf->quarantine.release_ms + 999) / 1000,
    };
}

void quarantine_set_limits(struct quarantine *quarantine, const struct quarantine_limits *limits)
{
    quarantine->limits = *limits;
}

int quarantine_directory(const struct quarantine *quarantine)
{
    return quarantine->directory;
}

void quarantine_get_free_space(const struct quarantine *quarantine, uint64_t *bytes, uint64_t *files)
{
    *bytes = *files = UINT64_MAX;
    durable_free_bytes(quarantine->directory, bytes);
    durable_free_files(quarantine->directory, files);
}

size_t quarantine_count(const struct quarantine *quarantine)
{
    return quarantine->index.used;
}
