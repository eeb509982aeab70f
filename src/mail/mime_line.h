/* mime_line: the lines of a message, whatever ends them. */
#ifndef POSTERN_MAIL_MIME_LINE_H
#define POSTERN_MAIL_MIME_LINE_H

#include "base/span.h"

enum {
    MIME_LINE_CRS_MAX = 4,
    MIME_LINE_OCTETS_MAX = 998, /* of a well-formed line, without its end (RFC 5322 2.1.1) */
};

/* Takes the next line, without its end, from the front of *rest. A line ends with an LF, with up to
 * MIME_LINE_CRS_MAX CRs before it, or with one CR. False: nothing is left. */
bool mime_line_next(struct span *rest, struct span *line);

#endif
