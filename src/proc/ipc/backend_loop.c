#include "proc/ipc/backend_loop.h"

#include <event2/event.h>
#include <unistd.h>

void backend_loop_exit_when_idle(struct backend_loop *loop)
{
    if (loop->is_stopping && relay_list_is_empty(&loop->relays) &&
        !(loop->work->is_busy && loop->work->is_busy(loop->context)))
        event_base_loopexit(loop->base, NULL);
}

static void on_request(void *context, struct ipc *relay, enum ipc_kind kind, const void *payload, int fd)
{
    struct backend_loop *loop = context;

    loop->work->request(loop->context, relay, kind, payload, fd);
}

static void on_gone(void *context, struct ipc *relay)
{
    struct backend_loop *loop = context;

    if (loop->work->relay_gone)
        loop->work->relay_gone(loop->context, relay);
    backend_loop_exit_when_idle(loop);
}

static void take_peer(struct backend_loop *loop, const struct ipc_peer *peer, int fd)
{
    const struct backend_loop_work *work = loop->work;

    if (peer->role == ROLE_RELAY) {
        struct ipc *relay = relay_list_take(&loop->relays, peer->index, fd);

        if (work->relay_joined)
            work->relay_joined(loop->context, relay);
    } else if (work->peer) {
        work->peer(loop->context, peer, fd);
    } else {
        close(fd);
    }
}

static void on_parent_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct backend_loop *loop = context;

    if (kind == IPC_PEER) {
        take_peer(loop, payload, fd);
    } else if (kind == IPC_STOP) {
        loop->is_stopping = true;
        if (loop->work->stopping)
            loop->work->stopping(loop->context);
        backend_loop_exit_when_idle(loop);
    } else if (loop->work->message) {
        loop->work->message(loop->context, kind, payload, fd);
    }
}

static void on_parent_closed(void *context, struct ipc *ipc)
{
    struct backend_loop *loop = context;

    ipc_free(&loop->parent);
    event_base_loopexit(loop->base, NULL);
}

static const struct ipc_handlers parent_handlers = {on_parent_message, on_parent_closed};

void backend_loop_init(struct backend_loop *loop, const struct backend_loop_work *work, void *context)
{
    *loop = (struct backend_loop){.base = event_base_new(), .work = work, .context = context};
    loop->relays = (struct relay_list){.base = loop->base,
                                       .self = work->self,
                                       .parent = &loop->parent,
                                       .message = on_request,
                                       .gone = on_gone,
                                       .context = loop};
}

void backend_loop_open(struct backend_loop *loop, int parent_fd)
{
    loop->parent = ipc_new(loop->base, parent_fd, loop->work->self, ROLE_PARENT, 0, &parent_handlers, loop);
}

void backend_loop_ready(struct backend_loop *loop)
{
    ipc_send(loop->parent, IPC_READY, &(struct ipc_none){0}, -1);
}

void backend_loop_close(struct backend_loop *loop)
{
    relay_list_fini(&loop->relays);
    ipc_free(&loop->parent);
}
