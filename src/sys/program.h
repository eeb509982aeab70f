/* program: finds and executes the other executables of this package. */
#ifndef POSTERN_SYS_PROGRAM_H
#define POSTERN_SYS_PROGRAM_H

#include "base/buf.h"

/* Writes the path of `name` into an empty buf: beside this executable if there is one, as in a build tree,
 * otherwise in `directory`. */
void program_find(struct buf *path, const char *directory, const char *name);

/* Executes the program, with `fd` as descriptor `as`, and no other descriptors except the standard ones.
 * Returns only on failure, with errno. */
void program_execute(const char *path, const char *const *argv, int fd, int as);

#endif
