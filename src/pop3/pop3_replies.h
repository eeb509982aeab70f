/* pop3_replies: the text of each error for a POP3 client.
 *
 * A text begins with [SYS/TEMP] if a retry may help, otherwise with [SYS/PERM]. Some texts about errors in
 * the client's own commands have no such code. RFC 2449, 8; RFC 3206. */
#ifndef POSTERN_POP3_POP3_REPLIES_H
#define POSTERN_POP3_POP3_REPLIES_H

#include "base/buf.h"
#include "base/err.h"

/* Returns the text after "-ERR ", without CRLF; empty if the kind of the error is ERR_SILENT. */
struct span pop3_replies_text(enum err why);
/* Appends the whole line, with its CRLF. The kind of the error must not be ERR_SILENT. */
void pop3_replies_refuse(enum err why, struct buf *out);
/* Returns whether pop3_replies_refuse writes this line. The line is given without CRLF. */
bool pop3_replies_is_refusal(struct span line);

#endif
