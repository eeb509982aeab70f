/* quarantine_temp_file: a file of the quarantine that does not have its final name yet.
 *
 * The file is created as ID.tmp, mode 0600. quarantine_temp_file_keep makes it durable and renames it.
 * quarantine_temp_file_drop must always be called; it removes the file if it was not renamed. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_TEMP_FILE_H
#define POSTERN_QUARANTINE_QUARANTINE_TEMP_FILE_H

#include "base/buf.h"
#include "quarantine/quarantine_name.h"

struct quarantine_temp_file {
    int directory; /* borrowed */
    int fd;
    char name[QUARANTINE_NAME_SIZE]; /* empty: no file */
};

bool quarantine_temp_file_begin(struct quarantine_temp_file *draft, int directory, struct buf *error);
/* Steps: fsync, rename, fsync of the directory. If `replace` is true, a file with that name is replaced.
 * Otherwise an existing file is an error. If only the last step fails, the file already has its new name, and
 * the caller must remove it if necessary. */
bool quarantine_temp_file_keep(struct quarantine_temp_file *draft, const char *name, bool replace,
                               struct buf *error);
void quarantine_temp_file_drop(struct quarantine_temp_file *draft);

#endif
