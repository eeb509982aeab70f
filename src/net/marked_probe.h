/* marked_probe: makes a TCP connection from this host with a mark, so that a policy rule for the mark routes
 * it. */
#ifndef POSTERN_NET_MARKED_PROBE_H
#define POSTERN_NET_MARKED_PROBE_H

#include "conf/conf.h"

/* Connects, then closes without sending a byte. Blocks. Returns 0 if the connection was accepted, otherwise
 * an errno: EPERM if this process may not set the mark, ETIMEDOUT after timeout_ms or if the wait was
 * interrupted ... */
int marked_probe(const union inet_address *to, uint32_t mark, int timeout_ms);

#endif
