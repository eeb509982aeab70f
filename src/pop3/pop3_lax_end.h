/* pop3_lax_end: recognises bytes that end a message for a reader that accepts a bare LF as a line end.
 *
 * Some servers end a message with LF "." LF, LF "." CRLF or CRLF "." LF, and then send nothing more.
 * fetchmail, mpop and poplib accept this. pop3_text does not, because the same bytes may occur within a
 * message [S8]. This module reports whether the bytes received so far end in this way; the caller decides
 * what to do. */
#ifndef POSTERN_POP3_POP3_LAX_END_H
#define POSTERN_POP3_POP3_LAX_END_H

#include "base/span.h"

enum { POP3_LAX_END_BYTES = 5 };

struct pop3_lax_end {
    char last[POP3_LAX_END_BYTES]; /* the last bytes on the wire, in order; initially CRLF */
};

void pop3_lax_end_init(struct pop3_lax_end *end);
/* Takes the next bytes of the message from the wire. */
void pop3_lax_end_next(struct pop3_lax_end *end, struct span wire);
/* Returns how many octets of the content from pop3_unstuff belong to such an end; 0: there is no such end. A
 * dot after a CRLF is not counted, because pop3_unstuff removes it. */
unsigned pop3_lax_end_octets(const struct pop3_lax_end *end);

#endif
