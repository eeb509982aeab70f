/* mime_parts: finds every part of a message, and decodes it, in every way in which a mail program may read
 * the message [V3].
 *
 * Mail programs differ about where a part begins and ends when the structure of a message is malformed. The
 * declared boundaries are therefore not used at all:
 *
 *   - A part begins at the beginning of the message, and at each field Content-Type,
 *     Content-Transfer-Encoding or Content-Disposition, wherever the field stands.
 *   - Its content may end in several places, and each is a reading: at the next line that begins with "--" (a
 *     delimiter); at the next delimiter like the one before the part; at the end of the message, if one of
 *     these is missing or two successive delimiters precede the part.
 *   - The content is decoded by each encoding that any field of the part may mean (mail/mime_entity,
 *     mail/mime_decode).
 *
 * Content in uuencode, yEnc, BinHex and data: URLs is found in any text. Text in UTF-16 and UTF-7 is
 * converted to UTF-8. The content of a signed S/MIME object is found unless it is encrypted. So are the
 * attachments in TNEF. Decoded content is searched again, because it may itself be a message or text.
 *
 * Engines see content without an encoding in the message itself. So this content is reported only if it has a
 * name or is an attachment. `limits` bound what is decoded. Time is linear in the octets of the message and
 * of the decoded content, except for sorting the delimiters. */
#ifndef POSTERN_MAIL_MIME_PARTS_H
#define POSTERN_MAIL_MIME_PARTS_H

#include "base/span.h"

#include <stdint.h>

struct mime_parts_limits {
    uint64_t octets; /* of all decoded contents together */
    uint32_t parts;  /* that are reported */
    unsigned depth;  /* nesting of decoded content within decoded content */
};

enum mime_parts_result {
    MIME_PARTS_ALL,
    MIME_PARTS_TOO_MANY, /* a limit was reached: parts are missing */
    MIME_PARTS_EXTERNAL, /* a part is elsewhere (message/external-body) */
    MIME_PARTS_DAMAGED,  /* TNEF cannot be read to its end */
    MIME_PARTS_STOPPED,  /* the callback returned false */
};

/* A decoded content. The names are those of an attachment in TNEF, as struct mime_tnef_name has them. */
struct mime_part {
    struct span content;
    const char *how; /* "base64", "uuencode", ... */
    struct span title, name;
};

/* Called for each part, which is valid during the call. Returning false ends the search. */
typedef bool mime_parts_take(void *context, const struct mime_part *part);

enum mime_parts_result mime_parts(struct span message, const struct mime_parts_limits *limits,
                                  mime_parts_take *take, void *context);

#endif
