/* pop3_reply: parses and filters the lines of a POP3 server.
 *
 * A status line begins with the status indicator +OK or -ERR in capital or small letters. Any text may follow
 * ("+OK<1896.6@mx>", "+OK.", "-ERR:"). During SASL the server may instead send "+" and a challenge. Anything
 * else is malformed.
 *
 * The lines of the replies to CAPA, and to AUTH without an argument, pass only if we support what they
 * announce. An unknown capability may change the form of replies, and a SASL mechanism with a security layer
 * makes the session unreadable. RFC 1939 3, RFC 2449 5-6, RFC 5034 4-5. */
#ifndef POSTERN_POP3_POP3_REPLY_H
#define POSTERN_POP3_POP3_REPLY_H

#include "base/span.h"

#include <stdint.h>

enum pop3_status { POP3_OK, POP3_ERR, POP3_CONTINUE, POP3_MALFORMED };

enum pop3_status pop3_reply_status(struct span line);
/* For a line that is POP3_OK or POP3_ERR. Returns the status indicator in the form that every client accepts,
 * and sets *text to the rest of the line. The result differs from the line only if the indicator was not in
 * capitals, or was followed by a letter: some clients take "+ok" and "+OKAY" for an error. */
struct span pop3_reply_indicator(struct span line, struct span *text);

/* The capabilities that may be offered to the client. */
struct pop3_offer {
    bool stls, top;
};

/* Filters one line of a CAPA reply. Writes the line for the client, without CRLF, into `out`, which must have
 * line.n bytes, and returns its length; 0: the line is omitted. */
size_t pop3_capability_filter(struct span line, struct pop3_offer offer, char *out);
/* Returns whether we can follow the mechanism, and the session stays readable after the login. */
bool pop3_mechanism_passes(struct span mechanism);

/* Parses "3 10240", from a line of a reply to LIST, or from what follows "+OK" in the reply to LIST 3. */
bool pop3_listing_parse(struct span line, uint32_t *number, uint64_t *octets);

enum { POP3_UID_MAX = 70 };
/* Parses "3 whqtswO00WBw418f9t5JxYwZ", from a line of a reply to UIDL, or from what follows "+OK" in the
 * reply to UIDL 3. The unique-id has 1 to 70 visible characters (RFC 1939, 7) and is borrowed from the
 * line. */
bool pop3_uid_parse(struct span line, uint32_t *number, struct span *uid);

#endif
