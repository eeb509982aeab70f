/* gateway_bridge: checks a mirror that is also a bridge.
 *
 * With br_netfilter, the packet filter handles frames that are only bridged as if they were routed. For
 * clients' frames this does no harm. But proxies may connect to servers with a client's address (source =
 * client). Then their frames to the router look like the client's: they are diverted in a loop, or refused by
 * the chain guard. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_BRIDGE_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_BRIDGE_H

#include "gateway/kernel/gateway.h"

/* Checks the listed interfaces that are bridges with br_netfilter. Adds an error for each if this
 * configuration has source = client. Otherwise adds a warning, because the proxies' configuration may have
 * it. */
void gateway_bridge_check(const struct gateway *gateway, struct problems *problems);

#endif
