/* signature_files: finds ClamAV's signature files in a directory, and detects changes. Does not open the
 * files. */
#ifndef POSTERN_SCAN_SIGNATURE_FILES_H
#define POSTERN_SCAN_SIGNATURE_FILES_H

#include <stdbool.h>
#include <stdint.h>

/* Is it the name of a signature file? Judges by the extension, as libclamav does. */
bool signature_files_is_name(const char *name);
/* Is it the name of a signature file that can detect something? Others only exclude detections (.fp, .sfp,
 * .wdb, .ign, .ign2) or support other files. */
bool signature_files_name_detects(const char *name);
/* Does the directory have a non-empty file that can detect something? Without one it is no signature set. */
bool signature_files_exist(const char *directory);

/* Returns a number that changes when a signature file is added, removed, replaced or written to; 0 if there
 * is none, or the directory cannot be read. */
uint64_t signature_files_state(const char *directory);

#endif
