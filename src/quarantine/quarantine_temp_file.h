/* quarantine_temp_file: a file of the quarantine that does not have its final name yet.
 *
 * It is created as ID.tmp, mode 0600. quarantine_temp_file_keep renames it when it is durable;
 * quarantine_temp_file_drop, which must always be called, removes it if it was not kept. */
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
/* fsync, rename, fsync of the directory. `replace`: overwrites a file with that name; otherwise its existence
 * is an error. If it fails because the directory could not be synced, the file already has its new name and
 * the caller removes it. */
bool quarantine_temp_file_keep(struct quarantine_temp_file *draft, const char *name, bool replace,
                               struct buf *error);
void quarantine_temp_file_drop(struct quarantine_temp_file *draft);

#endif
