/* gateway_listener: which listener gets which of the connections that [gateway] diverts to this host.
 *
 * A listener takes those of [gateway] ports that are among its own. A port that no listener has goes to the
 * first, which refuses it. A listener that takes no port has no rules. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_LISTENER_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_LISTENER_H

#include "conf/conf.h"

/* The ports that the protocol's listener takes. False: none. */
bool gateway_listener_ports(const struct conf *conf, enum protocol_id protocol, struct inet_ports *ports);
bool gateway_listener_has_port(const struct conf_listener *listener, unsigned port);
/* Which listener takes the port. At least one listener is on. */
enum protocol_id gateway_listener_of_port(const struct conf *conf, unsigned port);
/* The first protocol with a listener that takes any port by this interception; PROTOCOLS_MAX: there is none.
 */
enum protocol_id gateway_listener_by(const struct conf *conf, enum interception interception);
/* How many listeners take any port. */
size_t gateway_listener_count(const struct conf *conf);

/* The address of that family that redirected connections reach, those of this host itself if `local`; NULL if
 * there is none. */
const union inet_address *gateway_listener_address(const struct conf_listener *listener, int family,
                                                   bool local);

#endif
