/* notice_fit: formats a notice's body in the MIME layout of the original that it replaces.
 *
 * A client that has fetched the original's header by TOP n 0 parses the message from RETR by that header: its
 * boundary, encoding and character set. So the body is made readable with either header, the original's or
 * the notice's own. If the original is neither text nor multipart, the body is a text in the original's
 * encoding: a client that relies on the original's type shows an attachment that contains the notice. */
#ifndef POSTERN_NOTICE_NOTICE_FIT_H
#define POSTERN_NOTICE_NOTICE_FIT_H

#include "base/buf.h"
#include "mail/mail_layout.h"

/* Appends the fields Content-Type and Content-Transfer-Encoding, the empty line and the body. `body` is UTF-8
 * with LF line ends; `layout` must be valid. */
void notice_fit(const struct mail_layout *layout, struct span body, struct buf *out);

#endif
