/* pop3_protocol: POP3 (RFC 1939) as a protocol of core/protocol: pop3_session decides, pop3_wire stands
 * between it and the bytes of both legs, pop3_delivery between a held message and the client. */
#ifndef POSTERN_POP3_POP3_PROTOCOL_H
#define POSTERN_POP3_POP3_PROTOCOL_H

#include "core/protocol.h"
#include "pop3/pop3_delivery.h"
#include "pop3/pop3_wire.h"

extern const struct protocol pop3_protocol;

/* Its session; tests look into it. */
struct pop3 {
    struct pop3_session session;
    struct pop3_wire wire;
    struct pop3_delivery delivery;
};

#endif
