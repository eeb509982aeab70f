/* own_directory: directories that the service creates for itself.
 *
 * Only the last component of a path is created, so that a mistyped path is an error and not a new tree. There
 * is one exception: if the parent is `home`, the package's own directory, it is created, too. */
#ifndef POSTERN_SYS_OWN_DIRECTORY_H
#define POSTERN_SYS_OWN_DIRECTORY_H

#include "sys/privileges.h"

/* True if the directory exists, or own_directory_make could create it. */
bool own_directory_is_possible(const char *path, const char *home);

/* Creates `path` with mode 0700. If this process is root, `owner` becomes its owner. If `path` is directly
 * below `home`, and `home` does not exist, creates `home` first. If `path` exists already, leaves it
 * unchanged and returns true. On failure, returns false with errno. */
bool own_directory_make(const char *path, const char *home, const struct identity *owner);
/* As own_directory_make, but with mode 02710 and, if this process is root, with this group. Files that are
 * created in the directory belong to its group. Members of the group can reach them by name, but cannot list
 * the directory. */
bool own_directory_make_shared(const char *path, const char *home, const struct identity *owner, gid_t group);

#endif
