#include "quarantine/quarantine_temp_file.h"

#include "sys/durable.h"

#include <unistd.h>

bool quarantine_temp_file_begin(struct quarantine_temp_file *draft, int directory, struct buf *error)
{
    char hex[DURABLE_HEX_SIZE];

    *draft = (struct quarantine_temp_file){.directory = directory, .fd = -1};
    if (!durable_random_hex(hex))
        return durable_fail(error, "choosing a random name");
    quarantine_name(draft->name, hex, QUARANTINE_DRAFT);
    draft->fd = durable_create(directory, draft->name);
    if (draft->fd >= 0)
        return true;
    draft->name[0] = '\0';
    return durable_fail(error, "creating a file");
}

void quarantine_temp_file_drop(struct quarantine_temp_file *draft)
{
    if (draft->fd >= 0)
        close(draft->fd);
    if (draft->name[0])
        durable_remove(draft->directory, draft->name);
    draft->fd = -1;
    draft->name[0] = '\0';
}

bool quarantine_temp_file_keep(struct quarantine_temp_file *draft, const char *name, bool replace,
                               struct buf *error)
{
    bool is_renamed;

    if (!durable_finish(&draft->fd))
        return durable_fail(error, "fsync");
    is_renamed = replace ? durable_replace(draft->directory, draft->name, name)
                         : durable_rename(draft->directory, draft->name, name);
    if (!is_renamed)
        return durable_fail(error, "rename");
    draft->name[0] = '\0';
    return durable_sync(draft->directory) || durable_fail(error, "fsync of the directory");
}
