/* mail_layout: type, encoding and boundary of a message's body, from its header (RFC 2045 5, 6; RFC 2046
 * 5.1).
 *
 * A client that has fetched the header of the original by TOP n 0 may parse the body of the notice according
 * to that header. Therefore the body must fit the header. Of several Content-Type or
 * Content-Transfer-Encoding fields, the first one counts. All zeros stand for a message without these fields:
 * text in ASCII. */
#ifndef POSTERN_MAIL_MAIL_LAYOUT_H
#define POSTERN_MAIL_MAIL_LAYOUT_H

#include "mail/mail_header.h"

#include <stdint.h>

enum mail_layout_type {
    MAIL_LAYOUT_TEXT, /* text other than HTML */
    MAIL_LAYOUT_HTML,
    MAIL_LAYOUT_MULTIPART, /* .boundary is not empty */
    MAIL_LAYOUT_OTHER,
};

enum mail_layout_encoding { MAIL_LAYOUT_PLAIN, MAIL_LAYOUT_QUOTED_PRINTABLE, MAIL_LAYOUT_BASE64 };

/* LATIN1 includes ISO 8859-15 and Windows 1252. */
enum mail_layout_charset { MAIL_LAYOUT_ASCII, MAIL_LAYOUT_UTF8, MAIL_LAYOUT_LATIN1, MAIL_LAYOUT_UNKNOWN };

/* RFC 2046 allows 70 octets; this many are accepted. */
enum { MAIL_LAYOUT_BOUNDARY_MAX = 200 };

struct mail_layout {
    uint8_t type, encoding, charset;
    uint8_t has_type, has_encoding; /* the field was seen */
    char boundary[MAIL_LAYOUT_BOUNDARY_MAX + 1];
};

/* Adds the next field of the header. */
void mail_layout_field(struct mail_layout *layout, const struct mail_field *field);
/* Makes a layout from an untrusted process valid. Afterwards a boundary is printable ASCII without quotes and
 * backslashes, and does not end in a blank. */
void mail_layout_clean(struct mail_layout *layout);

#endif
