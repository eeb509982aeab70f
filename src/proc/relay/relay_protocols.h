/* relay_protocols: the list of protocols, indexed by enum protocol_id. Unused entries are NULL. Commands that
 * connect to a listener or a server use it, too. */
#ifndef POSTERN_PROC_RELAY_RELAY_PROTOCOLS_H
#define POSTERN_PROC_RELAY_RELAY_PROTOCOLS_H

#include "core/protocol.h"

extern const struct protocol *const relay_protocols[PROTOCOLS_MAX];

#endif
