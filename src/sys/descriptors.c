#include "sys/descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static bool shut(int fd, bool on_exec)
{
    if (on_exec)
        return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 || errno == EBADF;
    return close(fd) == 0 || errno == EBADF || errno == EINTR;
}

/* Returns the descriptor that a directory entry names; -1: none. */
static int number_of(const char *name)
{
    char *end;
    long number = strtol(name, &end, 10);

    return end != name && *end == '\0' && number >= 0 && number <= INT_MAX ? (int)number : -1;
}

/* Closes or marks the descriptors that /proc/self/fd lists, except the directory's own, which closedir
 * closes. False: the directory could not be opened. *is_done becomes false if a descriptor may be left. */
static bool shut_listed(int first, int last, bool on_exec, bool *is_done)
{
    DIR *directory = opendir("/proc/self/fd");
    const struct dirent *entry;

    if (!directory)
        return false;
    while ((errno = 0, entry = readdir(directory))) {
        int fd = number_of(entry->d_name);

        if (fd >= first && fd <= last && fd != dirfd(directory))
            *is_done &= shut(fd, on_exec);
    }
    if (errno)
        *is_done = false;
    closedir(directory);
    return true;
}

static bool shut_each(int first, int last, bool on_exec)
{
    struct rlimit limit;
    bool is_done = true;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    for (int fd = first; fd <= last && (rlim_t)fd < limit.rlim_max; fd++)
        is_done &= shut(fd, on_exec);
    return is_done;
}

static bool shut_range(int first, int last, bool on_exec)
{
    bool is_done = true;

    if (close_range((unsigned)first, last == DESCRIPTORS_LAST ? ~0U : (unsigned)last,
                    on_exec ? (int)CLOSE_RANGE_CLOEXEC : 0) == 0)
        return true;
    if (errno != ENOSYS && errno != EINVAL)
        return false;
    if (last == DESCRIPTORS_LAST)
        last = INT_MAX;
    return shut_listed(first, last, on_exec, &is_done) ? is_done : shut_each(first, last, on_exec);
}

bool descriptors_close(int first, int last)
{
    return shut_range(first, last, false);
}

bool descriptors_close_on_exec(int first, int last)
{
    return shut_range(first, last, true);
}
