/* echo_protocol: a minimal protocol with messages, to test the contract (core/protocol) alone.
 *
 * The server greets with "HELLO". The client sends "GET NAME"; the server replies with a line that has the
 * number of octets of a file, and with the file. The client receives the same, or the number of octets of a
 * notice and the notice, or "ERROR NAME". "BYE" ends the session. Lines end with CRLF. */
#ifndef POSTERN_TESTS_ECHO_ECHO_PROTOCOL_H
#define POSTERN_TESTS_ECHO_ECHO_PROTOCOL_H

#include "core/protocol.h"

/* To be put in place of POP3 in a list of protocols: its settings are those of [pop3]. */
extern const struct protocol echo_protocol;

#endif
