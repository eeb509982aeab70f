/* echo_protocol: the least protocol that has a message, for tests of the contract (core/protocol) alone.
 *
 * The server greets with "HELLO". The client sends "GET NAME"; the server replies with a line, the number of
 * octets, and with so many octets, a file. The client gets the same, or the number of octets of a notice and
 * the notice, or "ERROR NAME". "BYE" ends the session. Lines end with CRLF. */
#ifndef POSTERN_TESTS_ECHO_ECHO_PROTOCOL_H
#define POSTERN_TESTS_ECHO_ECHO_PROTOCOL_H

#include "core/protocol.h"

/* In the place of POP3 in a list of protocols: it has the settings of [pop3]. */
extern const struct protocol echo_protocol;

#endif
