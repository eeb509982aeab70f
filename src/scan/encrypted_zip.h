/* encrypted_zip: a zip with one encrypted member, to find out whether an engine says so.
 *
 * PKWARE's APPNOTE 4.3: local header, data, central directory, its end. The member is random-looking bytes
 * with the encryption flag (4.4.4, bit 0); nobody can open it, which is the point. */
#ifndef POSTERN_SCAN_ENCRYPTED_ZIP_H
#define POSTERN_SCAN_ENCRYPTED_ZIP_H

#include "base/buf.h"

#include <stdint.h>

void encrypted_zip_write(struct buf *out);
/* In a memfd, sealed, with its size; -1 with errno. */
int encrypted_zip_make(uint64_t *size);

#endif
