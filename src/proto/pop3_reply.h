/* pop3_reply: what a POP3 server says, line by line.
 *
 * A status line is +OK, -ERR or, within SASL, "+ " with a challenge; anything else is nonsense. Lines of CAPA
 * and of a bare AUTH pass only where we understand what they promise: a capability nobody here knows may
 * change the shape of replies, and a SASL mechanism with a security layer hides the session. RFC 1939 3, RFC
 * 2449 5-6, RFC 5034 4-5. */
#ifndef POSTERN_PROTO_POP3_REPLY_H
#define POSTERN_PROTO_POP3_REPLY_H

#include "base/span.h"

#include <stdint.h>

enum pop3_status { POP3_OK, POP3_ERR, POP3_CONTINUE, POP3_NONSENSE };

enum pop3_status pop3_reply_status(struct span line);

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

#endif
