/* proxy_probe: checks from the mirror, by a connection, that a proxy's listener works.
 *
 * It connects to the proxy's address at the port to which the proxy redirects mail ([pop3] listen). Such a
 * connection was not diverted, so a working relay has no server for it and answers at once with one line of
 * -ERR and closes ([I2]; net/origdst): a byte, or an orderly close, is an answer. A connection that is merely
 * accepted is none: the kernel accepts into the listener's backlog even if the process hangs. Nothing is
 * sent.
 *
 * It does not detect whether the proxy's packet filter redirects mail to that listener at all. */
#ifndef POSTERN_NET_PROXY_PROBE_H
#define POSTERN_NET_PROXY_PROBE_H

#include "conf/conf.h"
#include "net/conn.h"

struct proxy_probe {
    struct event_base *base;
    struct conn conn;
    struct event *late;
    bool is_under_way;
    int error; /* of an immediate failure, reported from the event loop */
    void (*done)(void *context, int error);
    void *context;
};

/* `done` is called from the event loop, once per start: 0, it answers; else an errno with the reason:
 * ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT (no answer in time) ... */
void proxy_probe_init(struct proxy_probe *probe, struct event_base *base,
                      void (*done)(void *context, int error), void *context);
/* One probe at a time: not before `done` of the last one, but may be called from there. */
void proxy_probe_start(struct proxy_probe *probe, const union inet_address *to, uint64_t deadline_ms);
void proxy_probe_fini(struct proxy_probe *probe);

#endif
