/* line_ends: the forms in which clients store a message if not all of its lines end in a plain CRLF.
 *
 * Some servers end lines in CR CR LF. Many clients store such a message with ordinary line ends. But an
 * engine that gets the bytes of the wire sees a CR at the end of each line. Such a message has further
 * readings, and engines must scan each of them:
 *
 *   COLLAPSED   CRs and the LF after them are one line end. A lone CR within the header is a line end. mpop,
 *               getmail and fetchmail store lines that end in CR CR LF in this form.
 *   UNIVERSAL   Every CR, LF and CR...LF is a line end, also in the body. Readers with universal newlines
 *               (Python's email package) use this form.
 *   STRIPPED    Lone CRs are removed, as fetchmail does for a delivery program.
 *
 * Each line end of a reading is CRLF. A lone CR is a CR that is not followed by an LF, directly or after more
 * CRs. The header ends at its first empty line; to find it, lone CRs count as line ends.
 *
 * line_ends_detect finds the readings that are needed: those that differ from the message and from the other
 * readings, not counting LF instead of CRLF. Ordinary mail needs none. line_ends writes one reading. Both use
 * constant memory. Their results do not depend on how the input was split. */
#ifndef POSTERN_MAIL_LINE_ENDS_H
#define POSTERN_MAIL_LINE_ENDS_H

#include "base/span.h"

#include <stdint.h>

enum line_ends_reading { LINE_ENDS_COLLAPSED, LINE_ENDS_UNIVERSAL, LINE_ENDS_STRIPPED, LINE_ENDS_READINGS };

/* Position in the message. */
struct line_ends_walk {
    uint64_t crs; /* number of CRs at the end of the input so far */
    bool is_in_body, is_line_begun;
};

struct line_ends_detector {
    struct line_ends_walk walk;
    bool has_doubled;        /* more than one CR before an LF */
    bool has_lone_in_header; /* a lone CR within the header */
    bool has_lone_in_body;
};

void line_ends_detect_init(struct line_ends_detector *detector);
void line_ends_detect_next(struct line_ends_detector *detector, struct span bytes);
/* Ends the input. Returns the readings that are needed: a set of 1 << enum line_ends_reading. */
unsigned line_ends_detect_end(struct line_ends_detector *detector);

struct line_ends {
    struct line_ends_walk walk;
    enum line_ends_reading reading;
    void (*emit)(void *context, struct span run);
    void *context;
};

/* `emit` gets the reading in runs. Each run is valid only during the call. */
void line_ends_init(struct line_ends *ends, enum line_ends_reading reading,
                    void (*emit)(void *context, struct span run), void *context);
void line_ends_next(struct line_ends *ends, struct span bytes);
void line_ends_end(struct line_ends *ends);

const char *line_ends_name(enum line_ends_reading reading); /* "collapsed" */

#endif
