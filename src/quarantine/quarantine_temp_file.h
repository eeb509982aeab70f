/* quarantine_temp_file: a file of the quarantine that has no name of its own yet.
 *
 * Made under ID.tmp, 0600; quarantine_temp_file_keep gives it its name when it is safe on the disk, and
 * quarantine_temp_file_drop, which is always called, takes away what was not kept. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_TEMP_FILE_H
#define POSTERN_QUARANTINE_QUARANTINE_TEMP_FILE_H

#include "base/buf.h"
#include "quarantine/quarantine_name.h"

struct quarantine_temp_file {
    int directory; /* borrowed */
    int fd;
    char name[QUARANTINE_NAME_SIZE]; /* empty: none */
};

bool quarantine_temp_file_begin(struct quarantine_temp_file *draft, int directory, struct buf *error);
/* fsync, rename, fsync of the directory. `replace`: in place of what has that name; otherwise that is a
 * failure. False after the rename too, if the directory could not be synced: the caller takes the name away
 * again. */
bool quarantine_temp_file_keep(struct quarantine_temp_file *draft, const char *name, bool replace,
                               struct buf *error);
void quarantine_temp_file_drop(struct quarantine_temp_file *draft);

#endif
