/* quarantine_copy_in: the bytes of a message, on their way into the quarantine.
 *
 * Copied from a descriptor by offset, hashed (SHA-256) from the very bytes that were written, and counted:
 * one byte more or less than was announced, and the message is refused, as is anything that is no regular
 * file. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_COPY_IN_H
#define POSTERN_QUARANTINE_QUARANTINE_COPY_IN_H

#include "base/buf.h"
#include "base/digest_map.h"

#include <stdint.h>

/* `to` is written from where it stands; -1 only hashes. False and *error with errno's reason or our own. */
bool quarantine_copy_in(int from, uint64_t size, int to, struct digest *sha256, struct buf *error);

#endif
