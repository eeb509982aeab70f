/* scan_object: one of the objects of a request.
 *
 * A message is scanned as an array of objects: the message itself, then its other readings (mail programs may
 * read it differently). Each object is an immutable file with a kind and a label. Every engine scans every
 * object, and the worst verdict applies to the message. */
#ifndef POSTERN_SCAN_SCAN_OBJECT_H
#define POSTERN_SCAN_SCAN_OBJECT_H

#include <stdint.h>

enum { SCAN_OBJECTS_MAX = 8 };

enum scan_object_kind {
    SCAN_OBJECT_MESSAGE, /* as received; always the first */
    SCAN_OBJECT_READING, /* the message with other line ends: mail/line_ends */
    SCAN_OBJECT_PARTS,   /* the decoded parts in every reading, as one plain message: scan/scan_parts */
};

struct scan_object {
    uint8_t kind; /* enum scan_object_kind */
    int fd;       /* sealed memfd or read-only file */
    uint64_t size;
    const char *label; /* for the log; static */
};

#endif
