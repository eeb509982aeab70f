/* whole_file: reads small files whole, and lists directories. Not for mail, which can be large. */
#ifndef POSTERN_SYS_WHOLE_FILE_H
#define POSTERN_SYS_WHOLE_FILE_H

#include "base/buf.h"

/* Appends the bytes of a regular file. False: *error has the reason, without the path. The content of *into
 * is then undefined. */
bool whole_file_read(const char *path, size_t max_bytes, struct buf *into, struct buf *error);

/* Appends "directory/name" and a NUL for each entry whose name ends in `suffix` and does not begin with a
 * dot, in byte order of the names. False: *error has the reason. */
bool whole_file_list(const char *directory, const char *suffix, struct buf *into, struct buf *error);

#endif
