/* gateway_listener: decides to which listener the connections to each of [gateway] ports are diverted.
 *
 * A port belongs to the listener that has it in its `ports`. A port that no listener has belongs to the first
 * listener that is on, which refuses the connections. A listener to which none of [gateway] ports belongs
 * needs no rules. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_LISTENER_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_LISTENER_H

#include "conf/conf.h"

/* Stores those of [gateway] ports that belong to the protocol's listener. Returns whether there are any. */
bool gateway_listener_ports(const struct conf *conf, enum protocol_id protocol, struct inet_ports *ports);
bool gateway_listener_has_port(const struct conf_listener *listener, unsigned port);
/* Returns the protocol of the listener to which the port belongs. At least one listener must be on. */
enum protocol_id gateway_listener_of_port(const struct conf *conf, unsigned port);
/* Returns the first protocol whose listener has this interception and at least one of the ports;
 * PROTOCOLS_MAX: none. */
enum protocol_id gateway_listener_with(const struct conf *conf, enum interception interception);
/* Returns how many listeners have at least one of the ports. */
size_t gateway_listener_count(const struct conf *conf);

/* Returns the listen address of that family to which connections of clients can be redirected or, if `local`,
 * those of this host itself. NULL: none. */
const union inet_address *gateway_listener_address(const struct conf_listener *listener, int family,
                                                   bool local);

#endif
