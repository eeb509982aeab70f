/* Handles the other processes: new channels, replies, the verdict table, and the end of a process. */

#include "proc/relay/relay_internal.h"

#include <unistd.h>

/* Handles the end of a process. Its outstanding requests fail or are repeated. */
static void end_backend(struct relay *relay, struct relay_backend *backend)
{
    backend->is_leaving = true;
    relay_request_backend_lost(relay, backend);
    relay_tls_leaf_backend_lost(relay, backend);
    relay_backend_free(relay, backend);
    relay_request_send_waiting(relay);
    relay_tls_leaf_send_waiting(relay);
}

static void take_table(struct relay_backend *backend, const struct ipc_verdict_table *table, int fd)
{
    if (!backend->table)
        backend->table = verdict_table_view_new(fd, table->entries);
    close(fd);
    if (!backend->table)
        ipc_violation(backend->channel, "a malformed verdict table");
}

static void free_if_left(struct relay *relay, struct relay_backend *backend)
{
    if (backend->is_leaving && backend->outstanding == 0)
        relay_backend_free(relay, backend);
}

static void on_answer(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct relay *relay = context;
    struct relay_backend *backend = relay_backend_by_channel(relay, ipc);

    if (kind == IPC_VERDICT_TABLE) {
        take_table(backend, payload, fd);
        return;
    }
    if (kind == IPC_LEAF_KEY)
        relay_tls_leaf_key(relay, backend, payload);
    else if (kind == IPC_SIGNED)
        relay_tls_leaf_answered(relay, backend, payload);
    else
        relay_request_answered(relay, backend, kind, payload);
    free_if_left(relay, backend);
}

static void on_closed(void *context, struct ipc *ipc)
{
    struct relay *relay = context;

    if (relay->parent)
        ipc_report_end(relay->parent, ipc);
    end_backend(relay, relay_backend_by_channel(relay, ipc));
}

static const struct ipc_handlers handlers = {on_answer, on_closed};

void relay_backend_connect(struct relay *relay, const struct ipc_peer *peer, int fd)
{
    struct relay_backend *backend = relay_backend_by_peer(relay, peer);

    if (backend)
        end_backend(relay, backend);
    relay_backend_add(
        relay, ipc_new(relay->base, fd, ROLE_RELAY, (enum role)peer->role, peer->index, &handlers, relay));
    relay_request_send_waiting(relay);
    relay_tls_leaf_send_waiting(relay);
}

void relay_backend_drain(struct relay *relay, const struct ipc_peer *peer)
{
    struct relay_backend *backend = relay_backend_by_peer(relay, peer);

    if (!backend)
        return;
    backend->is_leaving = true;
    free_if_left(relay, backend);
}
