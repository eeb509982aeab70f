/* pop3_replies: the text of each error for a POP3 client.
 *
 * [SYS/TEMP]: a retry may help; [SYS/PERM]: it will not. Errors in the client's own command have no response
 * code. RFC 2449, 8; RFC 3206. */
#ifndef POSTERN_POP3_POP3_REPLIES_H
#define POSTERN_POP3_POP3_REPLIES_H

#include "base/buf.h"
#include "base/err.h"

/* What follows "-ERR "; empty if the error is ERR_SILENT. */
struct span pop3_replies_text(enum err why);
/* Appends the whole line, with its CRLF. Not for an error that is ERR_SILENT. */
void pop3_replies_refuse(enum err why, struct buf *out);
/* Is this line, without its CRLF, one of those that pop3_replies_refuse writes? */
bool pop3_replies_is_refusal(struct span line);

#endif
