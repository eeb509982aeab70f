/* The list of the processes to which a relay sends requests. */

#include "proc/relay/relay_internal.h"

#include "base/buf.h"

#include <stdlib.h>

void relay_backend_add(struct relay *relay, struct ipc *channel)
{
    struct relay_backend *backend = mem_alloc_zero(sizeof *backend);

    backend->channel = channel;
    TAILQ_INSERT_HEAD(&relay->backends, backend, link);
}

void relay_backend_free(struct relay *relay, struct relay_backend *backend)
{
    TAILQ_REMOVE(&relay->backends, backend, link);
    verdict_table_view_free(&backend->table);
    ipc_free(&backend->channel);
    free(backend);
}

struct relay_backend *relay_backend_by_channel(const struct relay *relay, const struct ipc *channel)
{
    struct relay_backend *backend;

    TAILQ_FOREACH(backend, &relay->backends, link)
    if (backend->channel == channel)
        return backend;
    return NULL;
}

struct relay_backend *relay_backend_by_peer(const struct relay *relay, const struct ipc_peer *peer)
{
    struct relay_backend *backend;

    TAILQ_FOREACH(backend, &relay->backends, link)
    if (ipc_peer_role(backend->channel) == (enum role)peer->role &&
        ipc_peer_index(backend->channel) == peer->index)
        return backend;
    return NULL;
}

struct relay_backend *relay_backend_next(struct relay *relay, enum role role)
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
        relay_backend_free(relay, TAILQ_FIRST(&relay->backends));
}
