/* mime_tnef: the contents of TNEF (winmail.dat, application/ms-tnef; [MS-OXTNEF]), which Outlook and Exchange
 * send instead of MIME.
 *
 * A stream is a list of attributes of the message and of its attachments. Two kinds of attributes contain
 * lists of MAPI properties. An attachment is an attribute, or a property that may be an object: a message,
 * which is TNEF itself, or an OLE object.
 *
 * Checksums are not compared, for many programs ignore them. A stream has no end mark, so octets after the
 * last attribute count as padding unless an attribute with content follows them. */
#ifndef POSTERN_MAIL_MIME_TNEF_H
#define POSTERN_MAIL_MIME_TNEF_H

#include "base/span.h"

#include <stdint.h>

enum { MIME_TNEF_NAME_MAX = 120 };

/* The last characters of a file name, which include its extension. Quotes, backslashes and characters that
 * are not printable ASCII are replaced with "_". */
struct mime_tnef_name {
    size_t n;
    char text[MIME_TNEF_NAME_MAX];
};

enum mime_tnef_kind {
    MIME_TNEF_ATTACHMENT, /* its content, as it is */
    MIME_TNEF_RTF,        /* compressed RTF (mail/mime_rtf) */
    MIME_TNEF_UTF16,      /* a text of the message */
    MIME_TNEF_EXTERNAL,   /* an attachment whose content is elsewhere, such as on a file server */
};

struct mime_tnef_content {
    enum mime_tnef_kind kind;
    struct span octets;
};

struct mime_tnef {
    struct span attributes; /* that are not read yet */
    struct span properties; /* of the current attribute */
    uint32_t properties_left, values_left;
    uint32_t tag; /* of the current property: type and identifier */
    bool has_attribute;
    bool is_damaged;                        /* something could not be read */
    struct mime_tnef_name title, long_name; /* of the current attachment; may be empty */
};

/* Does the text begin with the signature of TNEF? */
bool mime_tnef_is(struct span text);
void mime_tnef_init(struct mime_tnef *tnef, struct span text);
/* Gives the next content. False: there is no more, and is_damaged is final. Linear for all contents
 * together. */
bool mime_tnef_next(struct mime_tnef *tnef, struct mime_tnef_content *content);

#endif
