/* marked_probe: a TCP connection from this host with a mark, so that a policy rule for the mark routes it. */
#ifndef POSTERN_NET_MARKED_PROBE_H
#define POSTERN_NET_MARKED_PROBE_H

#include "conf/conf.h"

/* Connects and closes at once. Returns 0 if the connection was accepted, else an errno: ETIMEDOUT after
 * timeout_ms, EPERM without CAP_NET_ADMIN ... Blocks. */
int marked_probe(const union inet_address *to, uint32_t mark, int timeout_ms);

#endif
