/* quarantine_copy: copies the bytes of a message into or out of the quarantine.
 *
 * Reads a descriptor by offset, counts and hashes (SHA-256) the bytes, and writes them. A message with more
 * or fewer bytes than announced is an error. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_COPY_H
#define POSTERN_QUARANTINE_QUARANTINE_COPY_H

#include "base/buf.h"
#include "base/digest_map.h"

#include <stdint.h>

/* Writes at the current offset of `to`. If `to` is -1, only hashes. False: *error has the reason. */
bool quarantine_copy(int from, uint64_t size, int to, struct digest *sha256, struct buf *error);

#endif
