/* signature_files: which files of a directory are ClamAV's signatures, and whether they have changed. The
 * files themselves are not opened. */
#ifndef POSTERN_SCAN_SIGNATURE_FILES_H
#define POSTERN_SCAN_SIGNATURE_FILES_H

#include <stdbool.h>
#include <stdint.h>

/* By its extension, as libclamav goes. */
bool signature_files_is_name(const char *name);
/* False for those that only say what is not to be found (.fp, .sfp, .wdb, .ign, .ign2), or help others. */
bool signature_files_name_finds(const char *name);
/* Is there a file that can find anything? Or, without one, any number of files is no signature set. */
bool signature_files_find(const char *directory);

/* A number that is another one when a file has come, gone, been replaced or written to. 0: there are none, or
 * the directory cannot be read. */
uint64_t signature_files_state(const char *directory);

#endif
