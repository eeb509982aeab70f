/* trace: TCP traceroute, over IPv4 and IPv6, that needs neither root nor a raw socket.
 *
 * Each hop is probed by a connection attempt of its own (gateway/trace/trace_probe), from a port that the
 * kernel chooses; if a router balances connections over several paths, hops of more than one path may appear.
 * The next hop is probed when a reply arrives, or after a short wait, so that a silent hop costs only that
 * wait, and the server is seldom contacted more than once. A silent hop is probed TRACE_TRIES times, since
 * routers limit their rate of errors. An accepted connection is closed at once, without sending a byte. */
#ifndef POSTERN_GATEWAY_TRACE_TRACE_H
#define POSTERN_GATEWAY_TRACE_TRACE_H

#include "gateway/trace/trace_path.h"

enum { TRACE_TRIES = 3, TRACE_HOPS = 30, TRACE_WAIT_MS = 900 };

struct trace_request {
    union inet_address to; /* with the port */
    unsigned hops;         /* maximum number of hops, 1 to TRACE_HOPS_MAX */
    unsigned wait_ms; /* time to wait for a reply before the hop is probed again; doubled for the last try */
};

/* Blocks for at most (hops + TRACE_TRIES + 1) * wait_ms. With the defaults a silent destination usually takes
 * about 7 seconds, another one little more than the round-trip times. All errors are recorded in the path. */
void trace_run(const struct trace_request *request, struct trace_path *path);

#endif
