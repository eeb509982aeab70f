/* mime_inline: encoded content within text: uuencode, xxencode, "begin-base64", yEnc, BinHex, and data: URLs
 * (RFC 2397). */
#ifndef POSTERN_MAIL_MIME_INLINE_H
#define POSTERN_MAIL_MIME_INLINE_H

#include "mail/mime_decode.h"

struct mime_inline {
    enum mime_coding coding;
    struct span content; /* to be decoded */
};

/* Finds the next encoded content in *rest. Takes what precedes the content, and its first line, off *rest;
 * the content itself stays. False: there is no more. */
bool mime_inline_next(struct span *rest, struct mime_inline *found);
/* Finds the next URL data:TYPE;base64,CONTENT or data:TYPE,CONTENT (MIME_PERCENT). Takes everything up to its
 * end off *rest. False: there is no more. */
bool mime_inline_url_next(struct span *rest, struct mime_inline *found);

#endif
