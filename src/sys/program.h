/* program: finds and executes the other executables of this package. */
#ifndef POSTERN_SYS_PROGRAM_H
#define POSTERN_SYS_PROGRAM_H

#include "base/buf.h"

/* Writes the path of the program `name` into an empty buf. If the program is in the directory of this
 * executable, as in a build tree, that is the path. Otherwise the path is "directory/name". */
void program_find(struct buf *path, const char *directory, const char *name);

/* Executes the program. It gets the standard descriptors, and `fd` as descriptor `as`, but no others. Returns
 * only on failure, with errno. */
void program_execute(const char *path, const char *const *argv, int fd, int as);

#endif
