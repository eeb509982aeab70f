#include "proc/ipc/backend_loop.h"

#include <event2/event.h>
#include <unistd.h>

void backend_loop_exit_when_idle(struct backend_loop *asked)
{
    if (asked->is_stopping && relay_list_is_empty(&asked->relays) &&
        !(asked->work->is_busy && asked->work->is_busy(asked->context)))
        event_base_loopexit(asked->base, NULL);
}

static void on_request(void *context, struct ipc *relay, enum ipc_kind kind, const void *payload, int fd)
{
    struct backend_loop *asked = context;

    asked->work->request(asked->context, relay, kind, payload, fd);
}

static void on_gone(void *context, struct ipc *relay)
{
    struct backend_loop *asked = context;

    if (asked->work->gone)
        asked->work->gone(asked->context, relay);
    backend_loop_exit_when_idle(asked);
}

static void take_peer(struct backend_loop *asked, const struct ipc_peer *peer, int fd)
{
    const struct backend_loop_work *work = asked->work;

    if (peer->role == ROLE_RELAY) {
        struct ipc *relay = relay_list_take(&asked->relays, peer->index, fd);

        if (work->came)
            work->came(asked->context, relay);
    } else if (work->peer) {
        work->peer(asked->context, peer, fd);
    } else {
        close(fd);
    }
}

static void on_parent_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct backend_loop *asked = context;

    if (kind == IPC_PEER) {
        take_peer(asked, payload, fd);
    } else if (kind == IPC_STOP) {
        asked->is_stopping = true;
        backend_loop_exit_when_idle(asked);
    } else if (asked->work->told) {
        asked->work->told(asked->context, kind, payload, fd);
    }
}

static void on_parent_closed(void *context, struct ipc *ipc)
{
    struct backend_loop *asked = context;

    ipc_free(&asked->parent);
    event_base_loopexit(asked->base, NULL);
}

static const struct ipc_handlers parent_handlers = {on_parent_message, on_parent_closed};

void backend_loop_init(struct backend_loop *asked, const struct backend_loop_work *work, void *context)
{
    *asked = (struct backend_loop){.base = event_base_new(), .work = work, .context = context};
    asked->relays = (struct relay_list){.base = asked->base,
                                        .self = work->self,
                                        .parent = &asked->parent,
                                        .message = on_request,
                                        .gone = on_gone,
                                        .context = asked};
}

void backend_loop_open(struct backend_loop *asked, int parent_fd)
{
    asked->parent =
        ipc_new(asked->base, parent_fd, asked->work->self, ROLE_PARENT, 0, &parent_handlers, asked);
}

void backend_loop_ready(struct backend_loop *asked)
{
    ipc_send(asked->parent, IPC_READY, &(struct ipc_none){0}, -1);
}

void backend_loop_close(struct backend_loop *asked)
{
    relay_list_fini(&asked->relays);
    ipc_free(&asked->parent);
}
