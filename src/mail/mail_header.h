/* mail_header: the header of a message, field by field (RFC 5322 2.2, 3.5, 4.5).
 *
 * Bytes go in as they come, one event at a time comes out; the events depend on the bytes alone, never on how
 * they were cut. No memory but the struct, no byte is looked at more than a few times.
 *
 * It reads what is out there, not only what is right:
 * - A line ends with CRLF, with a bare LF or with a bare CR. Several CRs before an LF are one end.
 * - A line that is no field and continues none is passed over; what continues it, too. But if the very first
 *   line is none (mbox's "From " line apart), the message has no header: the end comes at once.
 * - White space before the colon is allowed. A line of white space alone continues the field above it.
 * - A field longer than MAIL_HEADER_FIELD_MAX is cut there and says so; its rest is passed over.
 * NULs and 8-bit bytes are bytes like others here: whoever shows or keeps a value cleans it. */
#ifndef POSTERN_MAIL_MAIL_HEADER_H
#define POSTERN_MAIL_MAIL_HEADER_H

#include "base/span.h"

enum { MAIL_HEADER_FIELD_MAX = 16384, MAIL_HEADER_NAME_MAX = 126 };

enum mail_header_event {
    MAIL_HEADER_MORE,  /* every byte was taken; give more, or finish */
    MAIL_HEADER_FIELD, /* *field is set, valid until the next call */
    MAIL_HEADER_END,   /* the empty line was met; what is left of *bytes is not the header's */
};

struct mail_field {
    struct span name;
    struct span value; /* all behind the colon, folds as CRLF and white space, no CRLF at its end */
    bool is_cut;
};

struct mail_header {
    int state;
    bool first_line_seen, has_field, is_cut;
    unsigned returns; /* CRs seen, of which it is not known yet whether they belong to an LF */
    size_t n, name_n;
    char text[MAIL_HEADER_NAME_MAX + MAIL_HEADER_FIELD_MAX]; /* name, then value */
};

void mail_header_init(struct mail_header *header);
/* Takes bytes off the front of *bytes up to the next event. */
enum mail_header_event mail_header_next(struct mail_header *header, struct span *bytes,
                                        struct mail_field *field);
/* There are no more bytes: call until it gives MAIL_HEADER_END. */
enum mail_header_event mail_header_finish(struct mail_header *header, struct mail_field *field);

#endif
