/* program: the other executables of this package, and becoming one of them. */
#ifndef POSTERN_SYS_PROGRAM_H
#define POSTERN_SYS_PROGRAM_H

#include "base/buf.h"

/* Puts the path of `name` into an empty buf: beside this executable if it is there (a build tree), else in
 * `directory`. */
void program_find(struct buf *path, const char *directory, const char *name);

/* Becomes the program, with `fd` as descriptor `as` and none but that and the standard ones. Returns only on
 * failure, with errno. */
void program_execute(const char *path, const char *const *argv, int fd, int as);

#endif
