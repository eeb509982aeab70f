#include "net/proxy_probe.h"

#include "base/address.h"

#include <assert.h>
#include <errno.h>

static void end(struct proxy_probe *probe, int error)
{
    if (!probe->is_running)
        return;
    probe->is_running = false;
    event_del(probe->timer);
    conn_fini(&probe->conn);
    probe->done(probe->context, error);
}

static void on_connected(void *context, struct conn *conn)
{
    conn_read(conn, true);
}

static void on_answer(void *context, struct conn *conn)
{
    end(context, 0);
}

static void on_drained(void *context, struct conn *conn)
{
}

static void on_failed(void *context, struct conn *conn, int error)
{
    end(context, error);
}

static const struct conn_handlers handlers = {on_connected, on_answer, on_answer,
                                              on_drained,   on_failed, NULL};

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct proxy_probe *probe = context;

    end(probe, probe->error);
}

void proxy_probe_init(struct proxy_probe *probe, struct event_base *base,
                      void (*done)(void *context, int error), void *context)
{
    *probe = (struct proxy_probe){.base = base, .conn = {.fd = -1}, .done = done, .context = context};
    probe->timer = evtimer_new(base, on_timer, probe);
}

void proxy_probe_start(struct proxy_probe *probe, const union inet_address *to, uint64_t deadline_ms)
{
    struct timeval in = {(time_t)(deadline_ms / 1000), (suseconds_t)(deadline_ms % 1000 * 1000)};

    assert(!probe->is_running);
    probe->is_running = true;
    probe->error = ETIMEDOUT;
    if (!conn_init_connect(&probe->conn, probe->base, &to->any, address_size(to), &(struct outgoing){0},
                           &handlers, probe)) {
        probe->error = errno;
        in = (struct timeval){0};
    }
    event_add(probe->timer, &in);
}

void proxy_probe_fini(struct proxy_probe *probe)
{
    conn_fini(&probe->conn);
    if (probe->timer)
        event_free(probe->timer);
    *probe = (struct proxy_probe){.conn = {.fd = -1}};
}
