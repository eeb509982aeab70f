/* marked_probe: a TCP connection from this host with a mark, so that a policy rule for the mark routes it. */
#ifndef POSTERN_NET_MARKED_PROBE_H
#define POSTERN_NET_MARKED_PROBE_H

#include "conf/conf.h"

/* Connects, then closes without sending a byte. Returns 0 if the connection was accepted, else an errno:
 * ETIMEDOUT if the wait of timeout_ms has passed or was interrupted, EPERM if this process may not set the
 * mark ... Blocks. */
int marked_probe(const union inet_address *to, uint32_t mark, int timeout_ms);

#endif
