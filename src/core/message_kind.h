/* message_kind: the kind of a scanned message, and the direction in which it travels.
 *
 * A mail has a header and line ends that matter, and mail readers disagree about both. A file is only its
 * bytes. The kind depends on the protocol and never on the bytes, because a text file may begin like a
 * header. Zero is a mail that is downloaded. */
#ifndef POSTERN_CORE_MESSAGE_KIND_H
#define POSTERN_CORE_MESSAGE_KIND_H

#include <stdbool.h>
#include <stdint.h>

enum message_kind { MESSAGE_MAIL, MESSAGE_FILE };
enum message_direction {
    MESSAGE_DOWNLOAD, /* from the server to the client */
    MESSAGE_UPLOAD,   /* from the client to the server */
};

enum { MESSAGE_KINDS = MESSAGE_FILE + 1, MESSAGE_DIRECTIONS = MESSAGE_UPLOAD + 1 };

const char *message_kind_name(enum message_kind kind);                /* "mail", "file" */
const char *message_direction_name(enum message_direction direction); /* "download", "upload" */

/* Returns false if the number is invalid. A process that was taken over may send such a number. */
static inline bool message_kind_is_valid(uint8_t kind)
{
    return kind < MESSAGE_KINDS;
}

static inline bool message_direction_is_valid(uint8_t direction)
{
    return direction < MESSAGE_DIRECTIONS;
}

#endif
