#include "proc/ipc/backend_loop.h"

#include <event2/event.h>
#include <unistd.h>

void asked_exit_when_idle(struct asked *asked)
{
    if (asked->is_stopping && relays_is_empty(&asked->relays) &&
        !(asked->work->is_busy && asked->work->is_busy(asked->context)))
        event_base_loopexit(asked->base, NULL);
}

static void on_request(void *context, struct ipc *relay, enum ipc_kind kind, const void *payload, int fd)
{
    struct asked *asked = context;

    asked->work->request(asked->context, relay, kind, payload, fd);
}

static void on_gone(void *context, struct ipc *relay)
{
    struct asked *asked = context;

    if (asked->work->gone)
        asked->work->gone(asked->context, relay);
    asked_exit_when_idle(asked);
}

static void take_peer(struct asked *asked, const struct ipc_peer *peer, int fd)
{
    const struct asked_work *work = asked->work;

    if (peer->role == ROLE_RELAY) {
        struct ipc *relay = relays_take(&asked->relays, peer->index, fd);

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
    struct asked *asked = context;

    if (kind == IPC_PEER) {
        take_peer(asked, payload, fd);
    } else if (kind == IPC_STOP) {
        asked->is_stopping = true;
        asked_exit_when_idle(asked);
    } else if (asked->work->told) {
        asked->work->told(asked->context, kind, payload, fd);
    }
}

static void on_parent_closed(void *context, struct ipc *ipc)
{
    struct asked *asked = context;

    ipc_free(&asked->parent);
    event_base_loopexit(asked->base, NULL);
}

static const struct ipc_handlers parent_handlers = {on_parent_message, on_parent_closed};

void asked_init(struct asked *asked, const struct asked_work *work, void *context)
{
    *asked = (struct asked){.base = event_base_new(), .work = work, .context = context};
    asked->relays = (struct relays){.base = asked->base,
                                    .self = work->self,
                                    .parent = &asked->parent,
                                    .message = on_request,
                                    .gone = on_gone,
                                    .context = asked};
}

void asked_open(struct asked *asked, int parent_fd)
{
    asked->parent =
        ipc_new(asked->base, parent_fd, asked->work->self, ROLE_PARENT, 0, &parent_handlers, asked);
}

void asked_ready(struct asked *asked)
{
    ipc_send(asked->parent, IPC_READY, &(struct ipc_ready){0}, -1);
}

void asked_close(struct asked *asked)
{
    relays_fini(&asked->relays);
    ipc_free(&asked->parent);
}
