/* trace_path: what a TCP traceroute to one port has met, hop by hop.
 *
 * Made by gateway/trace/trace, compared by gateway/trace/trace_verdict. Hop n is whoever answered a SYN with
 * a time to live of n. On the way that is the router where it ran out. At the end it is the one who accepted
 * or refused: his address is the one that was asked for, whoever he is, for that is the whole art of a
 * transparent proxy. Where the end is an ICMP error, it is the router (or host) that sent it; a router that
 * refuses to forward has passed for one more hop than its own, as in traceroute(8). Pure. */
#ifndef POSTERN_GATEWAY_TRACE_TRACE_PATH_H
#define POSTERN_GATEWAY_TRACE_TRACE_PATH_H

#include "conf/conf.h"

enum { TRACE_HOPS_MAX = 64 };

enum trace_end {
    TRACE_SILENT,      /* nobody answered */
    TRACE_ACCEPTED,    /* SYN, ACK */
    TRACE_REFUSED,     /* RST */
    TRACE_UNREACHABLE, /* an ICMP error that is not "time exceeded" */
    TRACE_NOT_SENT,    /* this host itself could not send */
};

struct trace_hop {
    bool is_heard;
    union inet_address address; /* its port means nothing */
    int64_t rtt_us;             /* -1: not known */
};

struct trace_path {
    union inet_address to; /* with the port */
    unsigned probed;       /* so many hops were asked; the end is the last of them */
    struct trace_hop hops[TRACE_HOPS_MAX];
    enum trace_end end;
    unsigned end_hop;             /* counted from 1; 0: SILENT, NOT_SENT */
    uint8_t icmp_type, icmp_code; /* UNREACHABLE */
    int error;                    /* NOT_SENT: errno */
};

const char *trace_end_name(enum trace_end end); /* "accepted" */

/* Hop n, from 1; NULL if it was not heard, or not asked. */
const struct trace_hop *trace_path_hop(const struct trace_path *path, unsigned n);
/* How many hops lie before the end; all that were asked, if there was none. */
unsigned trace_path_between(const struct trace_path *path);
/* At which hop the destination, or who speaks for it, has answered; 0: it has not. To be refused is as good
 * an answer as to be accepted, and so is an ICMP error that bears the destination's own address. */
unsigned trace_path_distance(const struct trace_path *path);
/* The destination is at least so far away, whether it answered or not. */
unsigned trace_path_distance_least(const struct trace_path *path);
/* The last hop that was heard; 0: none. */
unsigned trace_path_last_heard(const struct trace_path *path);

bool trace_same_host(const union inet_address *a, const union inet_address *b);
/* Appends what an ICMP error means: "communication prohibited (ICMP type 3, code 13)". */
void trace_add_icmp(struct buf *out, const struct trace_path *path);
/* The port that was asked for. */
uint16_t trace_path_port(const struct trace_path *path);

#endif
