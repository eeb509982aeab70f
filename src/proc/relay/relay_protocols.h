/* relay_protocols: the list of protocols, indexed by enum protocol_id; unused entries are NULL. For the
 * relay, and for commands that connect to listeners and servers as a client does. */
#ifndef POSTERN_PROC_RELAY_RELAY_PROTOCOLS_H
#define POSTERN_PROC_RELAY_RELAY_PROTOCOLS_H

#include "core/protocol.h"

extern const struct protocol *const relay_protocols[PROTOCOLS_MAX];

#endif
