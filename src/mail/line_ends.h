/* line_ends: a message as its reader will have it, where its lines do not all end in a plain CRLF.
 *
 * Some servers end lines in CR CR LF. Clients take one line end off each line and store an ordinary message,
 * while an engine that is given the bytes of the wire sees a CR at the end of each line. Such a message has
 * further readings, and an engine has to be shown each of them:
 *
 *   COLLAPSED   CRs before an LF are one line end, and so is a lone CR within the header. This is what mpop,
 *               getmail and fetchmail store of lines that end in CR CR LF.
 *   UNIVERSAL   every CR, LF and CR...LF is a line end, in the body too, as for readers with universal
 * newlines (Python's email package). STRIPPED    a CR that is not part of a line end is left out, as
 * fetchmail does for a delivery program.
 *
 * Each line end of a reading is CRLF. A lone CR is one that no LF follows, other CRs between them left out.
 * The header ends at its first empty line; lone CRs there end lines as well.
 *
 * line_ends_look says which readings differ from the message itself; for ordinary mail that is none. Both
 * work in constant memory, the results depend on the bytes and not on how they were cut, nothing allocates.
 */
#ifndef POSTERN_MAIL_LINE_ENDS_H
#define POSTERN_MAIL_LINE_ENDS_H

#include "base/span.h"

#include <stdint.h>

enum line_ends_reading { LINE_ENDS_COLLAPSED, LINE_ENDS_UNIVERSAL, LINE_ENDS_STRIPPED, LINE_ENDS_READINGS };

/* Where in the message; for both. */
struct line_ends_walk {
    uint64_t crs; /* not followed by anything yet */
    bool is_in_body, is_line_begun;
};

struct line_ends_look {
    struct line_ends_walk walk;
    bool has_doubled;   /* more than one CR before an LF */
    bool has_lone_head; /* a lone CR within the header */
    bool has_lone_body;
};

void line_ends_look_init(struct line_ends_look *look);
void line_ends_look_next(struct line_ends_look *look, struct span bytes);
/* There are no more bytes. Returns a set of 1 << enum line_ends_reading. */
unsigned line_ends_look_end(struct line_ends_look *look);

struct line_ends {
    struct line_ends_walk walk;
    enum line_ends_reading reading;
    void (*emit)(void *context, struct span run);
    void *context;
};

/* `emit` gets the reading in runs, which are valid during the call. */
void line_ends_init(struct line_ends *ends, enum line_ends_reading reading,
                    void (*emit)(void *context, struct span run), void *context);
void line_ends_next(struct line_ends *ends, struct span bytes);
void line_ends_end(struct line_ends *ends);

const char *line_ends_name(enum line_ends_reading reading); /* "collapsed" */

#endif
