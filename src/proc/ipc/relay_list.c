#include "proc/ipc/relay_list.h"

#include "base/buf.h"

#include <stdlib.h>

struct relay_list_link {
    LIST_ENTRY(relay_list_link) link;
    struct relay_list *relays;
    struct ipc *channel;
};

/* Removes the link before it calls `gone`, which may check whether the list is empty. */
static void drop(struct relay_list_link *link)
{
    struct relay_list *relays = link->relays;
    struct ipc *channel = link->channel;

    LIST_REMOVE(link, link);
    free(link);
    relays->gone(relays->context, channel);
    ipc_free(&channel);
}

static void on_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct relay_list_link *link = context;

    link->relays->message(link->relays->context, ipc, kind, payload, fd);
}

static void on_closed(void *context, struct ipc *ipc)
{
    struct relay_list_link *link = context;

    if (ipc_is_accused(ipc) && *link->relays->parent)
        ipc_accuse(*link->relays->parent, ipc);
    drop(link);
}

static const struct ipc_handlers handlers = {on_message, on_closed};

static void drop_earlier(struct relay_list *relays, unsigned index)
{
    struct relay_list_link *link, *next;

    for (link = LIST_FIRST(&relays->links); link; link = next) {
        next = LIST_NEXT(link, link);
        if (ipc_peer_index(link->channel) == index)
            drop(link);
    }
}

struct ipc *relay_list_take(struct relay_list *relays, unsigned index, int fd)
{
    struct relay_list_link *link = mem_alloc_zero(sizeof *link);

    drop_earlier(relays, index);
    link->relays = relays;
    link->channel = ipc_new(relays->base, fd, relays->self, ROLE_RELAY, index, &handlers, link);
    LIST_INSERT_HEAD(&relays->links, link, link);
    return link->channel;
}

bool relay_list_is_empty(const struct relay_list *relays)
{
    return LIST_EMPTY(&relays->links);
}

void relay_list_fini(struct relay_list *relays)
{
    while (!LIST_EMPTY(&relays->links))
        drop(LIST_FIRST(&relays->links));
}
