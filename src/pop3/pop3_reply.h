/* pop3_reply: what a POP3 server says, line by line.
 *
 * A status line begins with its status indicator, +OK or -ERR in any case, or, within SASL, with "+" and a
 * challenge; what follows is text ("+OK<1896.6@mx>", "+OK.", "-ERR:"). Anything else is malformed. Lines of
 * CAPA and of a bare AUTH pass only where we understand what they promise: a capability nobody here knows may
 * change the shape of replies, and a SASL mechanism with a security layer hides the session. RFC 1939 3, RFC
 * 2449 5-6, RFC 5034 4-5. */
#ifndef POSTERN_POP3_POP3_REPLY_H
#define POSTERN_POP3_POP3_REPLY_H

#include "base/span.h"

#include <stdint.h>

enum pop3_status { POP3_OK, POP3_ERR, POP3_CONTINUE, POP3_MALFORMED };

enum pop3_status pop3_reply_status(struct span line);
/* Of a line that is POP3_OK or POP3_ERR: the status indicator in the form that every client takes for one,
 * and the text after it. The two are the line as it came, unless its indicator was not in capitals or was
 * followed by a letter: some clients see an error in "+ok" and in "+OKAY", others do not. */
struct span pop3_reply_indicator(struct span line, struct span *text);

/* What may be offered to the client. */
struct pop3_offer {
    bool stls, top;
};

/* One line of a CAPA reply. Writes what the client sees of it (no CRLF) into out, which must take line.n
 * bytes; 0: nothing. */
size_t pop3_capability_filter(struct span line, struct pop3_offer offer, char *out);
/* A mechanism whose exchange we follow and behind which the session stays readable. */
bool pop3_mechanism_passes(struct span mechanism);

/* "3 10240" of a LIST reply, or what follows "+OK " of a LIST 3. */
bool pop3_listing_parse(struct span line, uint32_t *number, uint64_t *octets);

enum { POP3_UID_MAX = 70 };
/* "3 whqtswO00WBw418f9t5JxYwZ" of a UIDL reply, or what follows "+OK" of a UIDL 3: a unique-id of 1 to 70
 * visible characters (RFC 1939, 7), which borrows from the line. */
bool pop3_uid_parse(struct span line, uint32_t *number, struct span *uid);

#endif
