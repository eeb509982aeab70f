#include "core/message_kind.h"

const char *message_kind_name(enum message_kind kind)
{
    switch (kind) {
    case MESSAGE_MAIL: return "mail";
    case MESSAGE_FILE: return "file";
    }
    return "";
}

const char *message_direction_name(enum message_direction direction)
{
    switch (direction) {
    case MESSAGE_DOWNLOAD: return "download";
    case MESSAGE_UPLOAD: return "upload";
    }
    return "";
}
