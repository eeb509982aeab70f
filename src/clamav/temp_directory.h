/* temp_directory: the directory into which one worker's libclamav unpacks.
 *
 * A worker that is killed leaves its files. Therefore each worker has its own directory. The loader empties
 * it before it forks the next worker. Symbolic links are not followed, because a process that parses hostile
 * bytes may have created them. */
#ifndef POSTERN_CLAMAV_TEMP_DIRECTORY_H
#define POSTERN_CLAMAV_TEMP_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

enum { TEMP_PATH_MAX = 1024 };

/* Creates the empty directory base/worker-N, mode 0700; removes an old one first. Returns false with errno on
 * failure. */
bool temp_directory_make(char path[TEMP_PATH_MAX], const char *base, unsigned worker);
/* Removes the directory with all below it. True if it is gone, or did not exist. */
bool temp_directory_remove(const char *path);

#endif
