/* own_directory: directories that the service creates for itself.
 *
 * Only the last component is created, and its parent if that is `home`, the package's own directory: a
 * mistyped path is an error and not a new tree. */
#ifndef POSTERN_SYS_OWN_DIRECTORY_H
#define POSTERN_SYS_OWN_DIRECTORY_H

#include "sys/privileges.h"

/* True if the directory exists, or own_directory_make could create it. */
bool own_directory_is_possible(const char *path, const char *home);

/* Creates `path` with mode 0700, owned by `owner` if this process is root; and before that `home`, if it is
 * missing and `path` is directly below it. Whatever exists at `path` already is left unchanged. False with
 * errno. */
bool own_directory_make(const char *path, const char *home, const struct identity *owner);
/* As own_directory_make, with group `group` and mode 02710: files created in the directory belong to the
 * group, whose members can open them by name but cannot list the directory. */
bool own_directory_make_shared(const char *path, const char *home, const struct identity *owner, gid_t group);

#endif
