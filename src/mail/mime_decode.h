/* mime_decode: decodes the content of a part, as leniently as any mail program does.
 *
 * Where mail programs decode malformed content in different ways, each way is a coding of its own.
 * mime_base64_codings and mime_quoted_printable_codings return the codings whose results can differ for a
 * given content: for well-formed content only one. All functions are linear in the number of octets of
 * content and result. */
#ifndef POSTERN_MAIL_MIME_DECODE_H
#define POSTERN_MAIL_MIME_DECODE_H

#include "base/buf.h"

enum mime_coding {
    MIME_BASE64,      /* RFC 2045 6.8; other characters are ignored; "=" ends a group, and the next begins */
    MIME_BASE64_STOP, /* the first "=" ends the content */
    MIME_BASE64_RUN,  /* "=" is ignored, too */
    MIME_BASE64_GROUPS,            /* "=" is a letter of its group of four, with the value 0 */
    MIME_BASE64_LINES,             /* a line with a character that is not allowed is ignored */
    MIME_QUOTED_PRINTABLE,         /* blanks between "=" and the end of a line are ignored */
    MIME_QUOTED_PRINTABLE_TRIMMED, /* the same for all blanks at the end of a line */
    MIME_QUOTED_PRINTABLE_STRICT,  /* "=" counts only before two digits or a line end */
    MIME_UUENCODE,                 /* the content begins in the line after "begin" */
    MIME_XXENCODE,                 /* the same with the letters of xxencode */
    MIME_YENC,                     /* the content begins in the line after "=ybegin" */
    MIME_BINHEX,  /* from the first ":"; gives header, data fork and resource fork (mime_binhex_data) */
    MIME_PERCENT, /* of URLs (RFC 3986 2.1) */
    MIME_CODINGS
};

/* Appends the decoded content. What cannot be decoded is left out. The result can be longer than the content:
 * up to 96 times with BinHex (repetitions), up to 32 times with uuencode and xxencode (lines whose characters
 * are missing). */
void mime_decode(enum mime_coding coding, struct span content, struct buf *out);
/* Returns the data fork within the result of MIME_BINHEX; empty if there is none. */
struct span mime_binhex_data(struct span decoded);
/* Return the codings whose results can differ: a set of 1 << enum mime_coding. */
unsigned mime_base64_codings(struct span content);
unsigned mime_quoted_printable_codings(struct span content);

const char *mime_coding_name(enum mime_coding coding); /* "base64" */

#endif
