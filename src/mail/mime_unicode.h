/* mime_unicode: text in UTF-16 and in UTF-7 (RFC 2152), given in UTF-8, so that engines can search it. */
#ifndef POSTERN_MAIL_MIME_UNICODE_H
#define POSTERN_MAIL_MIME_UNICODE_H

#include "base/buf.h"

/* Does the text begin with a byte order mark of UTF-16? */
bool mime_unicode_has_mark(struct span text);
/* Appends the text in UTF-8. Text without a byte order mark is read as big-endian if more NULs are at even
 * offsets than at odd ones. An unpaired surrogate is left out. */
void mime_unicode_from_utf16(struct span text, struct buf *out);
/* Appends the text in UTF-8. Octets that are not UTF-7 are copied. */
void mime_unicode_from_utf7(struct span text, struct buf *out);

#endif
