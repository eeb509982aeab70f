/* mime_parts: the decoded content of every part of a message, under every reading that a mail program may
 * take [V3].
 *
 * Mail programs differ about where a part begins and ends when the structure of a message is malformed. The
 * declared boundaries are therefore not used at all:
 *
 *   - A part begins at a field Content-Type, Content-Transfer-Encoding or Content-Disposition, wherever it
 *     stands, and at the beginning of the message.
 *   - Its content ends at the next line that begins with "--"; at the next line that repeats the line
 *     before the part; and, if there is no such line, or two lines with "--" precede the part, at the end of
 *     the message.
 *   - It is decoded by each encoding that any of its fields may mean (mail/mime_entity, mail/mime_decode).
 *
 * uuencoded, yEnc and BinHex content is found in any text, as are data: URLs; text in UTF-16 and UTF-7 is
 * given in UTF-8; S/MIME objects that are signed and not encrypted give their content. What was decoded is
 * searched again, for it may be a message or text itself.
 *
 * Content without an encoding is reported only if it has a name or a Content-Disposition, for engines see it
 * in the message. Time is linear in the octets of the message and of what is decoded, which `limits` bound,
 * but for sorting the lines that begin with "--". */
#ifndef POSTERN_MAIL_MIME_PARTS_H
#define POSTERN_MAIL_MIME_PARTS_H

#include "base/span.h"

#include <stdint.h>

struct mime_parts_limits {
    uint64_t octets; /* of all decoded contents together */
    uint32_t parts;  /* that are reported */
    unsigned depth;  /* of what is decoded within what was decoded */
};

enum mime_parts_result {
    MIME_PARTS_ALL,
    MIME_PARTS_TOO_MANY, /* a limit was reached: parts are missing */
    MIME_PARTS_EXTERNAL, /* a part is elsewhere (message/external-body) */
    MIME_PARTS_STOPPED,  /* by the callback */
};

/* Gets each decoded content, valid during the call; how: "base64", "uuencode", ... False: stop. */
typedef bool mime_parts_take(void *context, struct span content, const char *how);

enum mime_parts_result mime_parts(struct span message, const struct mime_parts_limits *limits,
                                  mime_parts_take *take, void *context);

#endif
