/* mail_header: the header of a message, field by field (RFC 5322 2.2, 3.5, 4.5).
 *
 * mail_header_next takes the bytes as they arrive, and returns one event at a time. The events do not depend
 * on how the input was split. No memory is allocated.
 *
 * Malformed headers are accepted as they occur in practice:
 *
 *   - A line ends with CRLF, with a bare LF or with a bare CR. Several CRs before an LF are one line end.
 *   - A line that is neither a field nor a continuation is skipped, with its own continuations. But if the
 *     very first line is neither a field nor mbox's "From " line (or ">From "), the message has no header,
 *     and MAIL_HEADER_END follows immediately.
 *   - White space before the colon is allowed. A line of white space alone continues the field above it.
 *   - A value longer than MAIL_HEADER_FIELD_MAX is cut there, and .is_cut is set; the rest is skipped.
 *
 * NULs and 8-bit bytes are ordinary bytes here. Code that displays or stores a value cleans it. */
#ifndef POSTERN_MAIL_MAIL_HEADER_H
#define POSTERN_MAIL_MAIL_HEADER_H

#include "base/span.h"

enum { MAIL_HEADER_FIELD_MAX = 16384, MAIL_HEADER_NAME_MAX = 126 };

enum mail_header_event {
    MAIL_HEADER_MORE,  /* all bytes were consumed: give more, or call mail_header_finish */
    MAIL_HEADER_FIELD, /* *field is set, valid until the next call */
    MAIL_HEADER_END,   /* the header has ended; after an empty line, the rest of *bytes is the body */
};

struct mail_field {
    struct span name;
    struct span value; /* everything after the colon, with CRLF in each fold, without the final CRLF */
    bool is_cut;
};

struct mail_header {
    int state;
    bool first_line_seen, has_field, is_cut;
    unsigned returns; /* number of CRs at the end of the input so far, at most 2 */
    size_t n, name_n;
    char text[MAIL_HEADER_NAME_MAX + MAIL_HEADER_FIELD_MAX]; /* name, then value */
};

void mail_header_init(struct mail_header *header);
/* Consumes bytes from the front of *bytes up to the next event. */
enum mail_header_event mail_header_next(struct mail_header *header, struct span *bytes,
                                        struct mail_field *field);
/* Ends the input. Call it until it returns MAIL_HEADER_END. */
enum mail_header_event mail_header_finish(struct mail_header *header, struct mail_field *field);

#endif
