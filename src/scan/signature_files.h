/* signature_files: finds ClamAV's signature files in a directory and notices when they change. Does not open
 * the files. */
#ifndef POSTERN_SCAN_SIGNATURE_FILES_H
#define POSTERN_SCAN_SIGNATURE_FILES_H

#include <stdbool.h>
#include <stdint.h>

/* Judges by the file name extension, as libclamav does. */
bool signature_files_is_name(const char *name);
/* False for files that only exclude detections (.fp, .sfp, .wdb, .ign, .ign2) or support other files. */
bool signature_files_name_finds(const char *name);
/* Is there a file that can detect anything? Without one, the directory is not a signature set. */
bool signature_files_find(const char *directory);

/* Returns a number that changes when a file is added, removed, replaced or written to. 0: there are no files,
 * or the directory cannot be read. */
uint64_t signature_files_state(const char *directory);

#endif
