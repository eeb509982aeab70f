/* notice_fit: a notice's body in the layout of the original that it stands for.
 *
 * A client that took the original's header by TOP n 0 reads what RETR gives by that header: its boundary, its
 * encoding, its character set. The body is made so that it can be read by either, the original's header and
 * the notice's own, which says the same of it. For what is no text and no multipart, it is a text in the
 * original's encoding: a client that goes by the original's type shows an attachment that has the notice in
 * it. */
#ifndef POSTERN_NOTICE_NOTICE_FIT_H
#define POSTERN_NOTICE_NOTICE_FIT_H

#include "base/buf.h"
#include "mail/mail_layout.h"

/* Appends the fields Content-Type and Content-Transfer-Encoding, the empty line and the body. body: UTF-8, LF
 * at the end of each line. layout: a clean one. */
void notice_fit(const struct mail_layout *layout, struct span body, struct buf *out);

#endif
