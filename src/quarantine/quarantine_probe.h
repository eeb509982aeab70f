/* quarantine_probe: can the quarantine take a file? Found out by storing one, as the keeper would.
 *
 * Rights alone do not tell: a file system may lack what the steps of a store need, have no free inode, or
 * refuse to fsync. A file of the size of a small infected message goes through the steps of
 * quarantine_temp_file, is replaced the way a record is refreshed, read back, and removed. Its name is that
 * of an original, so one that a crash leaves is swept at the next start. Takes no lock: works beside a
 * running keeper. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_PROBE_H
#define POSTERN_QUARANTINE_QUARANTINE_PROBE_H

#include "base/buf.h"

/* 0, or the errno of what failed, with *error saying which step did. */
int quarantine_probe(int directory, struct buf *error);

#endif
