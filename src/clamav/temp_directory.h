/* temp_directory: where one worker's libclamav puts what it unpacks.
 *
 * libclamav removes what it made, unless it is killed. So each worker has a directory of its own, emptied by
 * the loader before a worker is forked for it. Links are not followed: what is in there was made by a process
 * that reads hostile bytes. */
#ifndef POSTERN_CLAMAV_TEMP_DIRECTORY_H
#define POSTERN_CLAMAV_TEMP_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

enum { TEMP_PATH_MAX = 1024 };

/* base/worker-N, mode 0700, empty. False with errno. */
bool temp_directory_make(char path[TEMP_PATH_MAX], const char *base, unsigned worker);
bool temp_directory_remove(const char *path);

#endif
