/* mime_decode: encodings of a part's content, decoded as leniently as any mail program decodes them.
 *
 * Where mail programs differ about malformed content, each way is a coding of its own; mime_base64_codings
 * and mime_quoted_printable_codings give those whose results can differ for given bytes. For well-formed
 * content that is one. All functions are linear in the number of octets of content and result. */
#ifndef POSTERN_MAIL_MIME_DECODE_H
#define POSTERN_MAIL_MIME_DECODE_H

#include "base/buf.h"

enum mime_coding {
    MIME_BASE64,      /* RFC 2045 6.8; other characters are ignored; "=" ends a group, and the next begins */
    MIME_BASE64_STOP, /* the first "=" ends the content */
    MIME_BASE64_RUN,  /* "=" is ignored, too */
    MIME_BASE64_GROUPS,            /* "=" is a letter of its group of four, and zero */
    MIME_BASE64_LINES,             /* a line with a character that is not allowed is ignored */
    MIME_QUOTED_PRINTABLE,         /* blanks between "=" and the end of a line are ignored */
    MIME_QUOTED_PRINTABLE_TRIMMED, /* and all blanks at the end of a line */
    MIME_QUOTED_PRINTABLE_STRICT,  /* "=" counts only before two digits or CRLF, LF */
    MIME_UUENCODE,                 /* from the line after "begin" */
    MIME_XXENCODE,                 /* the same with the letters of xxencode */
    MIME_YENC,                     /* from the line after "=ybegin" */
    MIME_BINHEX,  /* from the first ":"; gives header, data fork and resource fork (mime_binhex_data) */
    MIME_PERCENT, /* of URLs (RFC 3986 2.1) */
    MIME_CODINGS
};

/* Appends the decoded content. What cannot be decoded is left out. BinHex, which has repetitions, gives at
 * most 64 octets per character, the others at most 2 (uuencode). */
void mime_decode(enum mime_coding coding, struct span content, struct buf *out);
/* The data fork within what MIME_BINHEX gives; empty if there is none. */
struct span mime_binhex_data(struct span decoded);
/* Return a set of 1 << enum mime_coding. */
unsigned mime_base64_codings(struct span content);
unsigned mime_quoted_printable_codings(struct span content);

const char *mime_coding_name(enum mime_coding coding); /* "base64" */

#endif
