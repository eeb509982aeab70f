/* mime_unicode: text in UTF-16 and in UTF-7 (RFC 2152), given in UTF-8, so that engines can search it. */
#ifndef POSTERN_MAIL_MIME_UNICODE_H
#define POSTERN_MAIL_MIME_UNICODE_H

#include "base/buf.h"

/* Does it begin with a byte order mark of UTF-16? */
bool mime_unicode_has_mark(struct span text);
/* Without a byte order mark it is read as big-endian if more NULs are at even than at odd places. An unpaired
 * surrogate is left out. */
void mime_unicode_from_utf16(struct span text, struct buf *out);
/* What is no UTF-7 is copied. */
void mime_unicode_from_utf7(struct span text, struct buf *out);

#endif
