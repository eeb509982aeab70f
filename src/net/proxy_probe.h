/* proxy_probe: does a proxy's own listener take connections? Asked from the mirror, by making one.
 *
 * The address is the proxy's, the port the one that it redirects mail to ([pop3] listen). Nobody was diverted
 * there, so a relay that works has no server to go to, and says so at once with one line of -ERR and the end
 * of the connection ([I2]; net/origdst): a byte, or an orderly end, is an answer. A connection that is only
 * accepted is none: the kernel does that, out of the listener's backlog, for a process that hangs. Nothing is
 * sent.
 *
 * What it does not see: whether the packet filter over there sends mail to that listener at all. */
#ifndef POSTERN_NET_PROXY_PROBE_H
#define POSTERN_NET_PROXY_PROBE_H

#include "conf/conf.h"
#include "net/conn.h"

struct proxy_probe {
    struct event_base *base;
    struct conn conn;
    struct event *late;
    bool is_under_way;
    int error; /* that could not wait: it is told from the event loop */
    void (*done)(void *context, int error);
    void *context;
};

/* done, from the event loop, once for each start: 0, it answers; else the errno that tells why not:
 * ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT (nothing was heard in time) ... */
void proxy_probe_init(struct proxy_probe *probe, struct event_base *base,
                      void (*done)(void *context, int error), void *context);
/* One at a time: not before the last one's `done`, but from there. */
void proxy_probe_start(struct proxy_probe *probe, const union inet_address *to, uint64_t deadline_ms);
void proxy_probe_fini(struct proxy_probe *probe);

#endif
