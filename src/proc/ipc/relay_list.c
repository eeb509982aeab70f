#include "proc/ipc/relay_list.h"

#include "base/buf.h"

#include <stdlib.h>

struct relays_link {
    LIST_ENTRY(relays_link) link;
    struct relays *relays;
    struct ipc *channel;
};

/* The link first: `gone` may look whether any is left. */
static void drop(struct relays_link *link)
{
    struct relays *relays = link->relays;
    struct ipc *channel = link->channel;

    LIST_REMOVE(link, link);
    free(link);
    relays->gone(relays->context, channel);
    ipc_free(&channel);
}

static void on_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct relays_link *link = context;

    link->relays->message(link->relays->context, ipc, kind, payload, fd);
}

static void on_closed(void *context, struct ipc *ipc)
{
    struct relays_link *link = context;

    if (ipc_is_accused(ipc) && *link->relays->parent)
        ipc_accuse(*link->relays->parent, ipc);
    drop(link);
}

static const struct ipc_handlers handlers = {on_message, on_closed};

static void drop_former(struct relays *relays, unsigned index)
{
    struct relays_link *link, *next;

    for (link = LIST_FIRST(&relays->links); link; link = next) {
        next = LIST_NEXT(link, link);
        if (ipc_peer_index(link->channel) == index)
            drop(link);
    }
}

struct ipc *relays_take(struct relays *relays, unsigned index, int fd)
{
    struct relays_link *link = mem_alloc_zero(sizeof *link);

    drop_former(relays, index);
    link->relays = relays;
    link->channel = ipc_new(relays->base, fd, relays->self, ROLE_RELAY, index, &handlers, link);
    LIST_INSERT_HEAD(&relays->links, link, link);
    return link->channel;
}

bool relays_is_empty(const struct relays *relays)
{
    return LIST_EMPTY(&relays->links);
}

void relays_fini(struct relays *relays)
{
    while (!LIST_EMPTY(&relays->links))
        drop(LIST_FIRST(&relays->links));
}
