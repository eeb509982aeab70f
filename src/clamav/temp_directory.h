/* temp_directory: the directory into which one worker's libclamav unpacks.
 *
 * libclamav removes its files, unless it is killed. So each worker has its own directory, which the loader
 * empties before it forks a worker for it. Symbolic links are not followed, as the content was created by a
 * process that parses hostile bytes. */
#ifndef POSTERN_CLAMAV_TEMP_DIRECTORY_H
#define POSTERN_CLAMAV_TEMP_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

enum { TEMP_PATH_MAX = 1024 };

/* Creates base/worker-N, mode 0700, empty. False with errno. */
bool temp_directory_make(char path[TEMP_PATH_MAX], const char *base, unsigned worker);
bool temp_directory_remove(const char *path);

#endif
