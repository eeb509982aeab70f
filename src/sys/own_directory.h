/* own_directory: directories that the service makes for itself.
 *
 * Only the last component is made, so that a mistyped path is an error and not a new tree; and the parent too
 * where that is the package's own place. */
#ifndef POSTERN_SYS_OWN_DIRECTORY_H
#define POSTERN_SYS_OWN_DIRECTORY_H

#include "sys/privileges.h"

/* Could own_directory_make make it? True also if it is there. */
bool own_directory_is_possible(const char *path, const char *home);

/* `path` for `owner`, mode 0700, and `home` before it if path lies right below. What is there is left as it
 * is. False with errno. */
bool own_directory_make(const char *path, const char *home, const struct identity *owner);
/* The same, and its files belong to a group that can read but not list it: mode 02710. */
bool own_directory_make_shared(const char *path, const char *home, const struct identity *owner, gid_t group);

#endif
