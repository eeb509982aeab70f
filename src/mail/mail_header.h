/* mail_header: the header of a message, field by field (RFC 5322 2.2, 3.5, 4.5).
 *
 * Bytes go in as they arrive, one event at a time comes out; the events depend on the bytes alone, never on
 * how they were cut. It needs no memory but the struct and examines each byte only a few times.
 *
 * It accepts malformed headers as they occur in practice:
 *
 * - A line ends with CRLF, with a bare LF or with a bare CR. Several CRs before an LF are one line end.
 * - A line that is neither a field nor a continuation is skipped, with its own continuations. But if the
 *   very first line is not a field (mbox's "From " line apart), the message has no header: the end comes at
 *   once.
 * - White space before the colon is allowed. A line of white space alone continues the field above it.
 * - A field longer than MAIL_HEADER_FIELD_MAX is cut there and flagged; its rest is skipped.
 *
 * NULs and 8-bit bytes are not treated specially: code that displays or stores a value cleans it. */
#ifndef POSTERN_MAIL_MAIL_HEADER_H
#define POSTERN_MAIL_MAIL_HEADER_H

#include "base/span.h"

enum { MAIL_HEADER_FIELD_MAX = 16384, MAIL_HEADER_NAME_MAX = 126 };

enum mail_header_event {
    MAIL_HEADER_MORE,  /* all bytes were consumed; give more, or finish */
    MAIL_HEADER_FIELD, /* *field is set, valid until the next call */
    MAIL_HEADER_END,   /* the empty line was found; the rest of *bytes belongs to the body */
};

struct mail_field {
    struct span name;
    struct span value; /* everything after the colon, folds as CRLF and white space, without the final CRLF */
    bool is_cut;
};

struct mail_header {
    int state;
    bool first_line_seen, has_field, is_cut;
    unsigned returns; /* CRs seen that may still belong to an LF */
    size_t n, name_n;
    char text[MAIL_HEADER_NAME_MAX + MAIL_HEADER_FIELD_MAX]; /* name, then value */
};

void mail_header_init(struct mail_header *header);
/* Consumes bytes from the front of *bytes up to the next event. */
enum mail_header_event mail_header_next(struct mail_header *header, struct span *bytes,
                                        struct mail_field *field);
/* There are no more bytes: call it until it returns MAIL_HEADER_END. */
enum mail_header_event mail_header_finish(struct mail_header *header, struct mail_field *field);

#endif
