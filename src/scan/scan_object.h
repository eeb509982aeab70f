/* scan_object: one of the things that engines are shown of a request.
 *
 * A message is scanned as an array of objects: the message itself, then what a client will make of it where
 * that is something else. Each object is a descriptor of its own that nobody can write to, with a kind and a
 * label. Every engine is shown every object, and the worst verdict is the message's. */
#ifndef POSTERN_SCAN_SCAN_OBJECT_H
#define POSTERN_SCAN_SCAN_OBJECT_H

#include <stdint.h>

enum { SCAN_OBJECTS_MAX = 8 };

enum scan_object_kind {
    SCAN_OBJECT_MESSAGE, /* as it came; always the first */
    SCAN_OBJECT_READING, /* the message with other line ends: mail/line_ends */
};

struct scan_object {
    uint8_t kind; /* enum scan_object_kind */
    int fd;       /* sealed memfd or read-only file */
    uint64_t size;
    const char *label; /* for the log; static */
};

#endif
