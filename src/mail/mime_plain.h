/* mime_plain: is a message so well-formed that all mail programs read its structure in the same way?
 *
 * Well-formed mail is. An engine that reads MIME then finds the same parts as every mail program, so the
 * readings of mail/mime_parts are not needed. Anything unusual makes the answer no, even if it is permitted:
 * the answer no costs time, but never safety. In particular a plain message has
 *
 *   - CRLF at the end of each line, and no line longer than permitted;
 *   - a header that begins with a field and ends with an empty line;
 *   - each of Content-Type, Content-Transfer-Encoding and Content-Disposition at most once per part, without
 *     comments; and a MIME-Version, if the header of a message has one of the first two;
 *   - boundaries that are not continued or encoded (RFC 2231);
 *   - delimiters that repeat the boundaries exactly, in order, up to the last closing one;
 *   - no field of MIME at the beginning of a line of text;
 *   - base64 in whole groups, padded only at its end;
 *   - quoted-printable with capital digits, without blanks at the end of a line;
 *   - little depth, and no multipart/digest;
 *   - no part of a type message/... that is encoded, a fragment, or not in the message;
 *   - no S/MIME object, TNEF or other content of mail/mime_opaque, and no text in UTF-7 or UTF-16;
 *   - no uuencode, yEnc, BinHex or data: URL in its texts, decoded or not.
 *
 * One pass; linear. Memory: the decoded size of the largest text part. */
#ifndef POSTERN_MAIL_MIME_PLAIN_H
#define POSTERN_MAIL_MIME_PLAIN_H

#include "base/span.h"

bool mime_is_plain(struct span message);

#endif
