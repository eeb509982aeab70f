/* mime_declared: what the header of a part declares about its content, read as in RFC 2045 (5, 6) and RFC
 * 2046 (5.1, 5.2), and whether another reading of the same header differs.
 *
 * The first field of each name counts. Deviations that occur in ordinary mail are accepted: values without
 * quotes, missing semicolons between parameters, comments. RFC 2231 is not applied. */
#ifndef POSTERN_MAIL_MIME_DECLARED_H
#define POSTERN_MAIL_MIME_DECLARED_H

#include "base/span.h"

#include <stdint.h>

/* RFC 2046 allows 70 octets; this many are accepted. */
enum { MIME_DECLARED_BOUNDARY_MAX = 255 };

enum mime_declared_kind {
    MIME_DECLARED_LEAF,
    MIME_DECLARED_MULTIPART,
    MIME_DECLARED_DIGEST, /* a multipart whose parts are messages by default */
    MIME_DECLARED_MESSAGE,
};

enum mime_declared_encoding {
    MIME_DECLARED_IDENTITY, /* 7bit, 8bit, binary */
    MIME_DECLARED_BASE64,
    MIME_DECLARED_QUOTED_PRINTABLE,
    MIME_DECLARED_UUENCODE,
    MIME_DECLARED_UNKNOWN,
};

struct mime_declared {
    uint8_t kind;     /* enum mime_declared_kind */
    uint8_t encoding; /* enum mime_declared_encoding */
    bool has_field;   /* the header has at least one field, of any name */
    bool has_type, has_encoding;
    bool is_disputed;         /* another field or parameter declares other parts */
    unsigned other_encodings; /* in further fields: a set of 1 << enum mime_declared_encoding */
    size_t boundary_n;        /* 0: there is no boundary */
    char boundary[MIME_DECLARED_BOUNDARY_MAX];
};

/* Reads a whole header. Without a Content-Type the kind is `by_default`. */
void mime_declared_read(struct mime_declared *declared, struct span header,
                        enum mime_declared_kind by_default);

#endif
