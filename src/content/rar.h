/* rar: detects archives in RAR 4 or 5 whose members are all encrypted, or whose headers are.
 *
 * An archive with a member that is not encrypted does not count: its content could be scanned. Checksums are
 * not compared. Pure; linear; allocates nothing. */
#ifndef POSTERN_CONTENT_RAR_H
#define POSTERN_CONTENT_RAR_H

#include "base/span.h"

bool rar_is_encrypted(struct span file);

#endif
