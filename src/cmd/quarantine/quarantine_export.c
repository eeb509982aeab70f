#include "cmd/quarantine/quarantine_export.h"

#include "cmd/cmd.h"
#include "cmd/quarantine/quarantine_output.h"
#include "quarantine/quarantine_copy.h"
#include "quarantine/quarantine_read.h"
#include "sys/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Copies the original and verifies the copy against the record. */
static int copy(int directory, const struct incident_record *record, int to)
{
    struct buf error = {0};
    struct digest sha256;
    int from = quarantine_open_original(directory, record), status = CMD_DONE;

    if (from < 0)
        return quarantine_fail(record->incident.file, strerror(errno));
    if (!quarantine_copy(from, record->incident.size, to, &sha256, &error))
        status = quarantine_fail(record->incident.file, buf_c_str(&error));
    else if (memcmp(&sha256, &record->sha256, sizeof sha256) != 0)
        status = quarantine_fail(record->incident.file, "is damaged: it differs from what was stored");
    close(from);
    buf_fini(&error);
    return status;
}

int quarantine_export_to_stdout(int directory, const struct incident_record *record, bool force)
{
    if (isatty(STDOUT_FILENO) && !force)
        return quarantine_fail("standard output",
                               "is a terminal; -o FILE writes to a file, --force to the terminal");
    return copy(directory, record, STDOUT_FILENO);
}

int quarantine_export_to_file(int directory, const struct incident_record *record, const char *path)
{
    int to = durable_create(AT_FDCWD, path), status;

    if (to < 0)
        return quarantine_fail(path, strerror(errno));
    status = copy(directory, record, to);
    if (!durable_finish(&to) && status == CMD_DONE)
        status = quarantine_fail(path, strerror(errno));
    if (status != CMD_DONE)
        durable_remove(AT_FDCWD, path);
    return status;
}
