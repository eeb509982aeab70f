#include "sys/own_directory.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns the path without its last component. */
static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;

    return mem_copy_string(n ? (struct span){path, n} : SPAN("/"));
}

static bool is_directory(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool own_directory_is_possible(const char *path, const char *home)
{
    char *parent = parent_of(path), *above;
    bool is_possible = is_directory(path) || (is_directory(parent) && access(parent, W_OK) == 0);

    if (!is_possible && strcmp(parent, home) == 0 && !is_directory(parent)) {
        above = parent_of(parent);
        is_possible = is_directory(above) && access(above, W_OK) == 0;
        free(above);
    }
    free(parent);
    return is_possible;
}

/* Uses a descriptor, because a user that can write to the parent could replace the directory by a link. */
static bool set_owner(const char *path, const struct identity *owner, gid_t group, mode_t mode)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool is_set = fd >= 0 && (geteuid() != 0 || fchown(fd, owner->uid, group) == 0) && fchmod(fd, mode) == 0;
    int error = errno;

    if (fd >= 0)
        close(fd);
    errno = error;
    return is_set;
}

static bool make(const char *path, const char *home, const struct identity *owner, gid_t group, mode_t mode)
{
    char *parent = parent_of(path);
    bool is_made;

    /* Other users must be able to pass through the parent, whatever the umask is. If the parent cannot be
     * made, making `path` fails. */
    if (strcmp(parent, home) == 0 && mkdir(parent, 0755) == 0)
        chmod(parent, 0755);
    free(parent);
    is_made = mkdir(path, 0700) == 0;
    if (!is_made)
        return errno == EEXIST;
    return set_owner(path, owner, group, mode);
}

bool own_directory_make(const char *path, const char *home, const struct identity *owner)
{
    return make(path, home, owner, owner->gid, 0700);
}

bool own_directory_make_shared(const char *path, const char *home, const struct identity *owner, gid_t group)
{
    return make(path, home, owner, group, 02710);
}
