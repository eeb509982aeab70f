/* trace: TCP traceroute, over IPv4 and IPv6, that needs neither root nor a raw socket.
 *
 * Each hop is probed by a connection attempt of its own (gateway/trace/trace_probe), from a port that the
 * kernel chooses. If a router balances connections over several paths, the trace may show hops of several
 * paths. The next hop is probed when a hop has answered, or after a short wait, so that a silent hop costs
 * only that wait. A silent hop is probed TRACE_TRIES times, because routers limit how many errors they send.
 * If the server accepts a connection, the connection is closed immediately, without sending a byte. */
#ifndef POSTERN_GATEWAY_TRACE_TRACE_H
#define POSTERN_GATEWAY_TRACE_TRACE_H

#include "gateway/trace/trace_path.h"

enum { TRACE_TRIES = 3, TRACE_HOPS = 30, TRACE_WAIT_MS = 900 };

struct trace_request {
    union inet_address to; /* with the port */
    unsigned hops;         /* maximum number of hops, 1 to TRACE_HOPS_MAX */
    unsigned wait_ms; /* wait for a reply before the hop is probed again; twice as long after the last try */
};

/* Blocks for at most (hops + TRACE_TRIES + 1) * wait_ms. With the defaults, a trace usually takes about 7
 * seconds if the destination is silent, and otherwise little more than the round-trip times. All errors are
 * recorded in the path. */
void trace_run(const struct trace_request *request, struct trace_path *path);

#endif
