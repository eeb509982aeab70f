/* mime_hidden: does the structure of a message hide content from mail programs that read it in the ordinary
 * way (RFC 2045, RFC 2046), while others may show it?
 *
 * The message is walked by its declared structure: the first field of each name, the declared boundaries and
 * the declared encodings count. Content that is not trivial is hidden in these cases:
 *
 *   - A part with fields of its own, or uuencoded or similar text (mail/mime_inline), stands where no part
 *     can be: before the first delimiter, after the last one, in a multipart without a boundary, or in too
 *     deep a nesting.
 *   - A part with fields stands within another part, after a line that is nearly a delimiter of this message:
 *     blanks precede it, other characters follow it, or its line end is a bare CR.
 *   - A part with fields stands within a part whose header declares a second structure: by a second
 *     Content-Type, by a second boundary, or by a boundary although the part is no multipart. The same holds
 *     within a message or part that does not begin with a field.
 *   - There is a second Content-Transfer-Encoding, or an unknown one, and the content looks as if another
 *     encoding were meant than the first one.
 *   - The content of a multipart is itself encoded in base64.
 *   - Base64 continues after its end (padding), or after other text.
 *
 * Content that is shown is not hidden, even if it looks like a part: text that quotes MIME, uuencoded text, a
 * whole message in a bounce. Content is also not hidden if another reading shows only its encoded form. Line
 * ends of LF, alone or mixed with CRLF, hide nothing.
 *
 * One pass; linear. Only the message itself is walked, not what is decoded. */
#ifndef POSTERN_MAIL_MIME_HIDDEN_H
#define POSTERN_MAIL_MIME_HIDDEN_H

#include "base/span.h"

bool mime_hidden_in(struct span message);

#endif
