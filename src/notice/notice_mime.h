/* notice_mime: header fields and a text body in the form that RFC 5322, 2045 and 2047 want.
 *
 * What comes in is cleaned UTF-8 (base/text); what goes out is ASCII in the header, lines of 78 octets at
 * most where their words allow it, CRLF at every line's end. */
#ifndef POSTERN_NOTICE_NOTICE_MIME_H
#define POSTERN_NOTICE_NOTICE_MIME_H

#include "base/buf.h"

/* "Name: value", folded; as encoded words where ASCII does not do. */
void notice_mime_field(struct buf *out, struct span name, struct span value);
/* "Name: display <address>"; the address is a valid one (mail/mail_address). */
void notice_mime_address(struct buf *out, struct span name, struct span display, struct span address);

/* "7bit", "8bit" or "quoted-printable": the plainest that is safe for these lines (LF at the end of each). A
 * line over 998 octets, one that starts with a dot, or with "From " (mbox), is not safe as it is. */
const char *notice_mime_encoding(struct span body);
/* The body in that encoding. */
void notice_mime_body(struct buf *out, struct span body, const char *encoding);

#endif
