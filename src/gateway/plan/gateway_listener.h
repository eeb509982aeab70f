/* gateway_listener: decides which ports of servers are diverted, and which listener gets the connections to
 * each of them.
 *
 * A port belongs to the listener that has it as a server port (conf_is_server_port). A port of no listener
 * belongs to the first listener that is on; Postern refuses connections to such a port. A listener to which
 * no port belongs needs no rules. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_LISTENER_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_LISTENER_H

#include "conf/conf.h"

/* Stores [gateway] ports and, with [tls] mode = intercept, the tls_ports of the listeners to which
 * connections are diverted. Returns the number of ports for which there was no room; gateway_validate refuses
 * these. */
size_t gateway_listener_diverted(const struct conf *conf, struct inet_ports *ports);
/* Stores those of the diverted ports that belong to the protocol's listener. Returns whether there are any.
 */
bool gateway_listener_ports(const struct conf *conf, enum protocol_id protocol, struct inet_ports *ports);
/* Returns the protocol of the listener to which the port belongs. At least one listener must be on. */
enum protocol_id gateway_listener_of_port(const struct conf *conf, unsigned port);
/* Returns the first protocol whose listener has this interception and to which at least one port belongs.
 * PROTOCOLS_MAX: none. */
enum protocol_id gateway_listener_with(const struct conf *conf, enum interception interception);
/* Returns to how many listeners at least one port belongs. */
size_t gateway_listener_count(const struct conf *conf);

/* Returns the first listen address of the family to which connections can be redirected: those of clients or,
 * if `local`, those of this host itself. NULL: none. */
const union inet_address *gateway_listener_address(const struct conf_listener *listener, int family,
                                                   bool local);

#endif
