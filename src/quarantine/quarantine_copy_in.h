/* quarantine_copy_in: copies the bytes of a message into the quarantine.
 *
 * Reads a descriptor by offset, hashes (SHA-256) the very bytes that it writes, and counts them. A message
 * with more or fewer bytes than announced is refused, as is anything but a regular file. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_COPY_IN_H
#define POSTERN_QUARANTINE_QUARANTINE_COPY_IN_H

#include "base/buf.h"
#include "base/digest_map.h"

#include <stdint.h>

/* Writes to the current offset of `to`; -1: only hashes. False: *error has the reason. */
bool quarantine_copy_in(int from, uint64_t size, int to, struct digest *sha256, struct buf *error);

#endif
