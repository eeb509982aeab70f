/* proxy_probe: checks from the mirror, by a connection, whether a proxy's listener works.
 *
 * It connects to the proxy's address, at the port to which the proxy redirects mail (for example that of
 * [pop3] listen). Because this connection was not diverted, a working relay answers immediately with one line
 * of -ERR, and closes ([I2]; net/origdst). A byte, or an orderly close, counts as an answer. An accepted
 * connection alone does not, because the kernel accepts into the listener's backlog even if the process
 * hangs. The probe sends nothing.
 *
 * The probe does not detect whether the proxy's packet filter redirects mail to the listener. */
#ifndef POSTERN_NET_PROXY_PROBE_H
#define POSTERN_NET_PROXY_PROBE_H

#include "conf/conf.h"
#include "net/conn.h"

struct proxy_probe {
    struct event_base *base;
    struct conn conn;
    struct event *timer;
    bool is_running;
    int error; /* reported when `timer` fires: ETIMEDOUT, or the errno of an immediate failure */
    void (*done)(void *context, int error);
    void *context;
};

/* `done` is called from the event loop, once per start, unless proxy_probe_fini is called before. error is 0
 * if the proxy has answered, otherwise an errno: ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT (no answer in time)
 * ... */
void proxy_probe_init(struct proxy_probe *probe, struct event_base *base,
                      void (*done)(void *context, int error), void *context);
/* Must not be called while a probe runs, that is, until `done` is called. `done` itself may call it. */
void proxy_probe_start(struct proxy_probe *probe, const union inet_address *to, uint64_t deadline_ms);
void proxy_probe_fini(struct proxy_probe *probe);

#endif
