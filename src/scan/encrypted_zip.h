/* encrypted_zip: makes a zip archive with one encrypted member, to test whether an engine reports encryption.
 *
 * PKWARE's APPNOTE 4.3: local header, data, central directory and its end record. The member has the
 * encryption flag (4.4.4, bit 0) and arbitrary bytes, which no key decrypts. */
#ifndef POSTERN_SCAN_ENCRYPTED_ZIP_H
#define POSTERN_SCAN_ENCRYPTED_ZIP_H

#include "base/buf.h"

#include <stdint.h>

void encrypted_zip_write(struct buf *out);
/* Returns a sealed memfd with the archive, whose size is *size; -1 with errno on failure. */
int encrypted_zip_make(uint64_t *size);

#endif
