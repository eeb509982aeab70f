/* relay_protocols: the one list of protocols, by enum protocol_id; NULL where there is none. For the relay,
 * and for commands that talk to listeners and servers as a client does. */
#ifndef POSTERN_PROC_RELAY_RELAY_PROTOCOLS_H
#define POSTERN_PROC_RELAY_RELAY_PROTOCOLS_H

#include "core/protocol.h"

extern const struct protocol *const relay_protocols[PROTOCOLS_MAX];

#endif
