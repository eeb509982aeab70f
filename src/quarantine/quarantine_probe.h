/* quarantine_probe: tests whether the quarantine can take a file, by storing one as the keeper would.
 *
 * Permissions are not enough: a file system may lack what the steps of a store need, have no free inode, or
 * refuse to fsync. A file of the size of a small infected message goes through the steps of
 * quarantine_temp_file, is replaced as a record is when it is refreshed, read back, and removed. It has the
 * name of an original, so the next start removes it after a crash. Takes no lock, so it works beside a
 * running keeper. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_PROBE_H
#define POSTERN_QUARANTINE_QUARANTINE_PROBE_H

#include "base/buf.h"

/* Returns 0, or the errno of the step that failed; *error names the step. */
int quarantine_probe(int directory, struct buf *error);

#endif
