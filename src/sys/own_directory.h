/* own_directory: directories that the service creates for itself.
 *
 * Only the last component is created, so that a mistyped path is an error and not a new tree; and its parent
 * too, if that is the package's own directory. */
#ifndef POSTERN_SYS_OWN_DIRECTORY_H
#define POSTERN_SYS_OWN_DIRECTORY_H

#include "sys/privileges.h"

/* True if own_directory_make could create it, or if it exists. */
bool own_directory_is_possible(const char *path, const char *home);

/* Creates `path` for `owner`, mode 0700, and `home` before it if path is directly below. An existing
 * directory is left unchanged. False with errno. */
bool own_directory_make(const char *path, const char *home, const struct identity *owner);
/* As own_directory_make, with mode 02710: its files belong to a group that can read them but not list
 * them. */
bool own_directory_make_shared(const char *path, const char *home, const struct identity *owner, gid_t group);

#endif
