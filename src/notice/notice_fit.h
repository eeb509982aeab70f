/* notice_fit: formats a notice's body in the MIME layout of the original that it replaces.
 *
 * A client that has fetched the original's header (TOP n 0) may parse the notice according to that header,
 * with the original's boundary, encoding and character set. Therefore the body is written so that it can be
 * read with either header, the original's or the notice's own.
 *
 * If the original is neither text nor multipart, the body is text in the original's encoding. A client that
 * uses the original's header shows it as an attachment of the original's type. */
#ifndef POSTERN_NOTICE_NOTICE_FIT_H
#define POSTERN_NOTICE_NOTICE_FIT_H

#include "base/buf.h"
#include "mail/mail_layout.h"

/* Appends the fields Content-Type and Content-Transfer-Encoding, the empty line and the body. `body` is UTF-8
 * with LF line ends; `layout` must be valid. */
void notice_fit(const struct mail_layout *layout, struct span body, struct buf *out);

#endif
