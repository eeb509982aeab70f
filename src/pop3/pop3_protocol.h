/* pop3_protocol: POP3 (RFC 1939) as a protocol of core/protocol.h. pop3_session makes the decisions,
 * pop3_wire converts between bytes and lines, pop3_delivery writes held messages to the client. */
#ifndef POSTERN_POP3_POP3_PROTOCOL_H
#define POSTERN_POP3_POP3_PROTOCOL_H

#include "core/protocol.h"
#include "pop3/pop3_delivery.h"
#include "pop3/pop3_wire.h"

extern const struct protocol pop3_protocol;

/* A session of pop3_protocol; public for tests. */
struct pop3 {
    struct pop3_session session;
    struct pop3_wire wire;
    struct pop3_delivery delivery;
};

#endif
