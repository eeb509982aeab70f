/* gateway_bridge: a mirror that is a bridge, too, and meets frames that it only passes on.
 *
 * With br_netfilter the packet filter sees them as if they were routed. Those of clients belong to the mirror
 * anyway. But where proxies connect to servers with a client's address (source = client), their frames to the
 * router are taken for the client's: diverted in a circle, or refused by the chain guard. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_BRIDGE_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_BRIDGE_H

#include "gateway/kernel/gateway.h"

/* An error if this configuration has source = client; a warning if it does not say so, as the mirror's need
 * not. */
void gateway_bridge_check(const struct gateway *gateway, struct problems *problems);

#endif
