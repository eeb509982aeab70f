/* mime_fields: the fields of MIME of one part, read strictly (RFC 2045 5, 6; RFC 2046 5.1.1): what deviates
 * from the grammar, or is seldom used, is not accepted. */
#ifndef POSTERN_MAIL_MIME_FIELDS_H
#define POSTERN_MAIL_MIME_FIELDS_H

#include "base/span.h"

enum {
    MIME_BOUNDARY_MAX = 70,
    MIME_FIELD_OCTETS_MAX = 2048, /* of the value of a field Content-..., with its folds; engines have limits,
                                     too */
};

enum mime_encoding { MIME_ENCODING_NONE, MIME_ENCODING_BASE64, MIME_ENCODING_QUOTED_PRINTABLE };

struct mime_fields {
    bool has_version, has_type, has_encoding, has_disposition;
    bool is_multipart, is_message, is_text;
    bool is_of_message; /* message/... */
    enum mime_encoding encoding;
    struct span boundary; /* within the message; empty: none */
};

/* Reads the header at the front of *rest, and takes it with its empty line. False: the header is not
 * accepted. */
bool mime_fields_read(struct mime_fields *fields, struct span *rest);

#endif
