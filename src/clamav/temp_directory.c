#include "clamav/temp_directory.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_DIRECTORIES_MAX = 16 };

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    return remove(path);
}

bool temp_directory_remove(const char *path)
{
    return nftw(path, remove_entry, OPEN_DIRECTORIES_MAX, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0 ||
           errno == ENOENT;
}

bool temp_directory_make(char path[TEMP_PATH_MAX], const char *base, unsigned worker)
{
    int n = snprintf(path, TEMP_PATH_MAX, "%s/worker-%u", base, worker);

    if (n < 0 || n >= TEMP_PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    return temp_directory_remove(path) && mkdir(path, 0700) == 0;
}
