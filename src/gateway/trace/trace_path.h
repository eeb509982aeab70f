/* trace_path: the result of a TCP traceroute to one port, hop by hop. Pure.
 *
 * Made by gateway/trace/trace, compared by gateway/trace/trace_verdict. Hop n is the host that answered a SYN
 * with a time to live of n. On the path, this is the router at which the time to live expired. At the end, it
 * is the host that accepted or refused the connection, or the sender of another ICMP error. A host that
 * accepts or refuses always has the address of the destination, even if it is a transparent proxy. A router
 * that refuses to forward appears at two hops, its own and the next, as in traceroute(8). */
#ifndef POSTERN_GATEWAY_TRACE_TRACE_PATH_H
#define POSTERN_GATEWAY_TRACE_TRACE_PATH_H

#include "conf/conf.h"

enum { TRACE_HOPS_MAX = 64 };

enum trace_end {
    TRACE_SILENT,      /* no reply */
    TRACE_ACCEPTED,    /* SYN and ACK */
    TRACE_REFUSED,     /* RST */
    TRACE_UNREACHABLE, /* an ICMP error that is not "time exceeded" */
    TRACE_NOT_SENT,    /* this host itself could not send */
};

struct trace_hop {
    bool has_answered;
    union inet_address address; /* without a port */
    int64_t rtt_us;             /* -1: unknown */
};

struct trace_path {
    union inet_address to; /* with the port */
    unsigned probed;       /* number of hops probed; if the path has an end, that is the last of them */
    struct trace_hop hops[TRACE_HOPS_MAX];
    enum trace_end end;
    unsigned end_hop;             /* from 1; 0: SILENT, NOT_SENT */
    uint8_t icmp_type, icmp_code; /* UNREACHABLE */
    int error;                    /* NOT_SENT: errno */
};

const char *trace_end_name(enum trace_end end); /* "accepted" */

/* Returns hop n, counted from 1; NULL if it was silent or not probed. */
const struct trace_hop *trace_path_hop(const struct trace_path *path, unsigned n);
/* Returns the number of hops before the end. If there is no end, returns the number of all probed hops. */
unsigned trace_path_between(const struct trace_path *path);
/* Returns the hop at which the destination, or an interceptor, answered. 0: neither answered. A refusal is an
 * answer. An ICMP error is an answer if it comes from the destination's address. */
unsigned trace_path_distance(const struct trace_path *path);
/* Returns a lower bound of the distance to the destination, even if the destination has not answered. */
unsigned trace_path_distance_min(const struct trace_path *path);
/* Returns the last hop that answered; 0: none. */
unsigned trace_path_last_answered(const struct trace_path *path);

bool trace_same_host(const union inet_address *a, const union inet_address *b);
/* Appends the meaning of the ICMP error at the end: "communication prohibited (ICMP type 3, code 13)". */
void trace_add_icmp(struct buf *out, const struct trace_path *path);
/* The destination port. */
uint16_t trace_path_port(const struct trace_path *path);

#endif
