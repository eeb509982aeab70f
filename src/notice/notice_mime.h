/* notice_mime: header fields and a text body in the form that RFC 5322, 2045 and 2047 require.
 *
 * Input is cleaned UTF-8 (base/text). Output has CRLF line ends. Header lines are ASCII. They have at most 78
 * octets, unless a word is too long. */
#ifndef POSTERN_NOTICE_NOTICE_MIME_H
#define POSTERN_NOTICE_NOTICE_MIME_H

#include "base/buf.h"

/* Adds "Name: value", folded, with encoded words if the value is not plain ASCII. */
void notice_mime_field(struct buf *out, struct span name, struct span value);
/* Adds "Name: display <address>"; the address must be valid (mail/mail_address). */
void notice_mime_address(struct buf *out, struct span name, struct span display, struct span address);

/* Returns the simplest encoding that is safe for a body with LF line ends: "7bit", "8bit" or
 * "quoted-printable". A line that exceeds 998 octets, or starts with a dot or "From " (mbox), must be
 * encoded. */
const char *notice_mime_encoding(struct span body);
/* Adds the body in one of these encodings, with CRLF line ends. */
void notice_mime_body(struct buf *out, struct span body, const char *encoding);

#endif
