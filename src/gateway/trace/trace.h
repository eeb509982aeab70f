/* trace: TCP traceroute, over IPv4 and IPv6, that needs neither root nor a raw socket.
 *
 * A hop is asked by a connection attempt of its own (gateway/trace/trace_probe), from a port that the kernel
 * chooses; a router that spreads connections over several ways may therefore show hops of more than one. The
 * next hop is asked as soon as one has answered, or after a moment without an answer, so that a silent one
 * costs that moment, and a server is seldom connected to more than once. A hop that is silent is asked
 * TRACE_TRIES times: routers limit how many errors they send. What was accepted is closed at once, without a
 * byte. */
#ifndef POSTERN_GATEWAY_TRACE_TRACE_H
#define POSTERN_GATEWAY_TRACE_TRACE_H

#include "gateway/trace/trace_path.h"

enum { TRACE_TRIES = 3, TRACE_HOPS = 30, TRACE_WAIT_MS = 900 };

struct trace_request {
    union inet_address to; /* with the port */
    unsigned hops;         /* at most, 1 to TRACE_HOPS_MAX */
    unsigned wait_ms;      /* for an answer, before the hop is asked again; the last time twice as long */
};

/* Blocks, for (hops + TRACE_TRIES + 1) * wait_ms at the very most; with the defaults a silent end takes
 * some 7 seconds, one that answers little more than its round-trip times. Whatever goes wrong is
 * in the path. */
void trace_run(const struct trace_request *request, struct trace_path *path);

#endif
