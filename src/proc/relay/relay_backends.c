/* The processes that a relay sends requests to. One that is being replaced gets no more requests; its channel
 * is closed when no reply is outstanding. */

#include "proc/relay/relay_internal.h"

#include "base/buf.h"

#include <stdlib.h>
#include <unistd.h>

static void free_backend(struct relay *relay, struct relay_backend *backend)
{
    TAILQ_REMOVE(&relay->backends, backend, link);
    verdict_table_view_free(&backend->table);
    ipc_free(&backend->channel);
    free(backend);
}

/* Its outstanding requests are answered with a failure. */
static void lose(struct relay *relay, struct relay_backend *backend)
{
    if (ipc_is_accused(backend->channel) && relay->parent)
        ipc_accuse(relay->parent, backend->channel);
    backend->is_leaving = true;
    relay_request_backend_lost(relay, backend);
    free_backend(relay, backend);
    relay_request_send_waiting(relay);
}

static struct relay_backend *find(struct relay *relay, enum role role, unsigned index)
{
    struct relay_backend *backend;

    TAILQ_FOREACH(backend, &relay->backends, link)
    if (ipc_peer_role(backend->channel) == role && ipc_peer_index(backend->channel) == index)
        return backend;
    return NULL;
}

static struct relay_backend *find_by_channel(struct relay *relay, const struct ipc *channel)
{
    struct relay_backend *backend;

    TAILQ_FOREACH(backend, &relay->backends, link)
    if (backend->channel == channel)
        return backend;
    return NULL;
}

static void take_table(struct relay_backend *backend, const struct ipc_verdict_table *table, int fd)
{
    if (!backend->table)
        backend->table = verdict_table_view_new(fd, table->entries);
    close(fd);
    if (!backend->table)
        ipc_violation(backend->channel, "a malformed verdict table");
}

static void on_answer(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct relay *relay = context;
    struct relay_backend *backend = find_by_channel(relay, ipc);

    if (kind == IPC_VERDICT_TABLE) {
        take_table(backend, payload, fd);
        return;
    }
    relay_request_answered(relay, backend, kind, payload);
    /* It is looked up again, for handling the reply may have freed it. */
    backend = find_by_channel(relay, ipc);
    if (backend && backend->is_leaving && backend->owes == 0)
        free_backend(relay, backend);
}

static void on_closed(void *context, struct ipc *ipc)
{
    struct relay *relay = context;

    lose(relay, find_by_channel(relay, ipc));
}

static const struct ipc_handlers handlers = {on_answer, on_closed};

void relay_backend_take(struct relay *relay, const struct ipc_peer *named, int fd)
{
    enum role role = (enum role)named->role;
    struct relay_backend *backend = find(relay, role, named->index);

    if (backend)
        lose(relay, backend);
    backend = mem_alloc_zero(sizeof *backend);
    backend->channel = ipc_new(relay->base, fd, ROLE_RELAY, role, named->index, &handlers, relay);
    TAILQ_INSERT_HEAD(&relay->backends, backend, link);
    relay_request_send_waiting(relay);
}

void relay_backend_leave(struct relay *relay, const struct ipc_peer *named)
{
    struct relay_backend *backend = find(relay, (enum role)named->role, named->index);

    if (!backend)
        return;
    backend->is_leaving = true;
    if (backend->owes == 0)
        free_backend(relay, backend);
}

struct relay_backend *relay_backend_to_ask(struct relay *relay, enum role role)
{
    struct relay_backend *backend;

    TAILQ_FOREACH(backend, &relay->backends, link)
    if (ipc_peer_role(backend->channel) == role && !backend->is_leaving)
        break;
    if (!backend)
        return NULL;
    TAILQ_REMOVE(&relay->backends, backend, link);
    TAILQ_INSERT_TAIL(&relay->backends, backend, link);
    return backend;
}

const struct verdict_table_view *relay_backend_table(const struct relay *relay)
{
    const struct relay_backend *backend;

    TAILQ_FOREACH(backend, &relay->backends, link)
    if (ipc_peer_role(backend->channel) == ROLE_SCAN && !backend->is_leaving)
        return backend->table;
    return NULL;
}

void relay_backends_free(struct relay *relay)
{
    while (!TAILQ_EMPTY(&relay->backends))
        free_backend(relay, TAILQ_FIRST(&relay->backends));
}
