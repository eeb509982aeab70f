/* trace_probe: one TCP connection attempt with a SYN of limited time to live.
 *
 * No privilege is needed: if such a SYN causes an ICMP error, the kernel puts the error and its sender's
 * address into the socket's error queue (IP_RECVERR, ip(7); for a SYN since Linux 5.8). The kernel repeats a
 * SYN after a second, so the round-trip time of a reply that comes later is unknown. */
#ifndef POSTERN_GATEWAY_TRACE_TRACE_PROBE_H
#define POSTERN_GATEWAY_TRACE_TRACE_PROBE_H

#include "gateway/trace/trace_path.h"

struct trace_probe {
    int fd; /* non-blocking, to be polled for POLLOUT; -1: none */
    int64_t sent_us;
};

struct trace_answer {
    enum trace_end end; /* SILENT: the reply is from a router on the path */
    struct trace_hop hop;
    uint8_t icmp_type, icmp_code; /* UNREACHABLE */
    int error;                    /* NOT_SENT */
};

int64_t trace_now_us(void);
/* False with errno: nothing was sent. */
bool trace_probe_send(struct trace_probe *probe, const union inet_address *to, unsigned ttl);
/* False: there is no usable reply. */
bool trace_probe_answer(const struct trace_probe *probe, const union inet_address *to,
                        struct trace_answer *answer);
void trace_probe_end(struct trace_probe *probe);

#endif
