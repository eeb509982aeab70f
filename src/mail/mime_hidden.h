/* mime_hidden: does the structure of a message hide content from mail programs that read it in the ordinary
 * way (RFC 2045, RFC 2046), while others may show it?
 *
 * The message is walked by its declared structure: the first field of a name, the declared boundary, the
 * declared encoding. Content is hidden if it is not trivial, and
 *
 *   - a part with fields of its own stands where no part can be: before the first delimiter, after the last
 *     one, in a multipart without a boundary, or in too deep a nesting;
 *   - or it stands in another part, but after a line that is nearly a delimiter of this message (blanks
 * before it, other characters after it, a bare CR as line end);
 *   - or in a part whose header declares a second structure: by a second Content-Type, a second boundary, or
 * a boundary of what is no multipart; or in a message or part that does not begin with a field;
 *   - or a second Content-Transfer-Encoding, or an unknown one, may be base64, and the content is;
 *   - or base64 continues after its end (padding), or after other text.
 *
 * What is shown is not hidden, even if it looks like a part: text that quotes MIME, uuencoded text, a whole
 * message in a bounce. Nor is what another reading only shows in its encoded form. Nor do line ends of LF,
 * or of both kinds, hide anything.
 *
 * One pass; linear; only of the message itself, not of what is decoded. */
#ifndef POSTERN_MAIL_MIME_HIDDEN_H
#define POSTERN_MAIL_MIME_HIDDEN_H

#include "base/span.h"

bool mime_hidden_in(struct span message);

#endif
