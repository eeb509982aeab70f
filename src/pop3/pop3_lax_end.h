/* pop3_lax_end: where a message ends for a reader that takes a bare LF for the end of a line.
 *
 * Some servers end a message with LF "." LF, or with CRLF "." LF, and wait. fetchmail, mpop and poplib take
 * that for its end; pop3_text does not, for the same bytes may stand within a message [S8]. This tells
 * whether the bytes of a message end so, as far as they have come; what follows from it, and when, is the
 * caller's matter. */
#ifndef POSTERN_POP3_POP3_LAX_END_H
#define POSTERN_POP3_POP3_LAX_END_H

#include "base/span.h"

enum { POP3_LAX_END_BYTES = 5 };

struct pop3_lax_end {
    char last[POP3_LAX_END_BYTES]; /* the last bytes on the wire, oldest first; at the start, a CRLF */
};

void pop3_lax_end_init(struct pop3_lax_end *end);
/* The next bytes of the message as they stand on the wire. */
void pop3_lax_end_next(struct pop3_lax_end *end, struct span wire);
/* How many octets at the end of the content, as pop3_unstuff gave it, belong to such an end; 0: it does not
 * end so. A dot after a CRLF is not among them, for it was taken off. */
unsigned pop3_lax_end_octets(const struct pop3_lax_end *end);

#endif
