/* whole_file: small files whole, and directories listed. Not for mail, which moves as descriptors. */
#ifndef POSTERN_SYS_WHOLE_FILE_H
#define POSTERN_SYS_WHOLE_FILE_H

#include "base/buf.h"

/* Appends the regular file's bytes. False: *error says why, without the path; what was appended is undefined.
 */
bool whole_file_read(const char *path, size_t max_bytes, struct buf *into, struct buf *error);

/* Appends "directory/name" and a NUL for each visible entry whose name ends in `suffix`, in byte order of the
 * names. */
bool whole_file_list(const char *directory, const char *suffix, struct buf *into, struct buf *error);

#endif
