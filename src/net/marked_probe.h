/* marked_probe: a TCP connection from this host with a mark, so that it takes the route that a policy rule
 * gives to marked packets. */
#ifndef POSTERN_NET_MARKED_PROBE_H
#define POSTERN_NET_MARKED_PROBE_H

#include "conf/conf.h"

/* Connects and closes at once. 0: accepted; else an errno: ETIMEDOUT after timeout_ms, EPERM without
 * CAP_NET_ADMIN. Blocks. */
int marked_probe(const union inet_address *to, uint32_t mark, int timeout_ms);

#endif
