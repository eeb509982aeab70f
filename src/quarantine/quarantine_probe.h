/* quarantine_probe: tests whether the quarantine can store a file, by storing one as the keeper would.
 *
 * Checking permissions is not enough. A file system may lack what the steps of a store need, have no free
 * inode, or refuse to fsync. A file of the size of a small infected message is stored by the steps of
 * quarantine_temp_file, replaced as a record is replaced, read back, and removed. It has the name of an
 * original, so that quarantine_open removes it after a crash. The probe takes no lock, so it works while the
 * keeper runs. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_PROBE_H
#define POSTERN_QUARANTINE_QUARANTINE_PROBE_H

#include "base/buf.h"

/* Returns 0, or the errno of the step that failed; EIO if that step sets no errno. *error names the step. */
int quarantine_probe(int directory, struct buf *error);

#endif
