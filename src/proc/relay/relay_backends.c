/* The processes that a relay asks. One that is replaced is asked nothing more, and its channel is closed when
 * it has answered what it was asked. */

#include "proc/relay/relay_internal.h"

#include "base/buf.h"

#include <stdlib.h>
#include <unistd.h>

static void free_peer(struct relay *relay, struct relay_peer *peer)
{
    TAILQ_REMOVE(&relay->peers, peer, link);
    verdict_table_view_free(&peer->board);
    ipc_free(&peer->channel);
    free(peer);
}

/* What it owed is answered for. */
static void lose(struct relay *relay, struct relay_peer *peer)
{
    if (ipc_is_accused(peer->channel) && relay->parent)
        ipc_accuse(relay->parent, peer->channel);
    peer->is_leaving = true;
    relay_request_peer_lost(relay, peer);
    free_peer(relay, peer);
    relay_request_send_waiting(relay);
}

static struct relay_peer *find(struct relay *relay, enum role role, unsigned index)
{
    struct relay_peer *peer;

    TAILQ_FOREACH(peer, &relay->peers, link)
    if (ipc_peer_role(peer->channel) == role && ipc_peer_index(peer->channel) == index)
        return peer;
    return NULL;
}

static struct relay_peer *find_by_channel(struct relay *relay, const struct ipc *channel)
{
    struct relay_peer *peer;

    TAILQ_FOREACH(peer, &relay->peers, link)
    if (peer->channel == channel)
        return peer;
    return NULL;
}

static void take_board(struct relay_peer *peer, const struct ipc_board *told, int fd)
{
    if (!peer->board)
        peer->board = verdict_table_view_new(fd, told->entries);
    close(fd);
    if (!peer->board)
        ipc_violation(peer->channel, "a board that is none");
}

static void on_answer(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct relay *relay = context;
    struct relay_peer *peer = find_by_channel(relay, ipc);

    if (kind == IPC_BOARD) {
        take_board(peer, payload, fd);
        return;
    }
    relay_request_answered(relay, peer, kind, payload);
    /* Found again: what was just answered may have led to its loss. */
    peer = find_by_channel(relay, ipc);
    if (peer && peer->is_leaving && peer->owes == 0)
        free_peer(relay, peer);
}

static void on_closed(void *context, struct ipc *ipc)
{
    struct relay *relay = context;

    lose(relay, find_by_channel(relay, ipc));
}

static const struct ipc_handlers handlers = {on_answer, on_closed};

void relay_peer_take(struct relay *relay, const struct ipc_peer *named, int fd)
{
    enum role role = (enum role)named->role;
    struct relay_peer *peer = find(relay, role, named->index);

    if (peer)
        lose(relay, peer);
    peer = mem_alloc_zero(sizeof *peer);
    peer->channel = ipc_new(relay->base, fd, ROLE_RELAY, role, named->index, &handlers, relay);
    TAILQ_INSERT_HEAD(&relay->peers, peer, link);
    relay_request_send_waiting(relay);
}

void relay_peer_leave(struct relay *relay, const struct ipc_peer *named)
{
    struct relay_peer *peer = find(relay, (enum role)named->role, named->index);

    if (!peer)
        return;
    peer->is_leaving = true;
    if (peer->owes == 0)
        free_peer(relay, peer);
}

struct relay_peer *relay_peer_to_ask(struct relay *relay, enum role role)
{
    struct relay_peer *peer;

    TAILQ_FOREACH(peer, &relay->peers, link)
    if (ipc_peer_role(peer->channel) == role && !peer->is_leaving)
        break;
    if (!peer)
        return NULL;
    TAILQ_REMOVE(&relay->peers, peer, link);
    TAILQ_INSERT_TAIL(&relay->peers, peer, link);
    return peer;
}

const struct verdict_table_view *relay_peer_board(const struct relay *relay)
{
    const struct relay_peer *peer;

    TAILQ_FOREACH(peer, &relay->peers, link)
    if (ipc_peer_role(peer->channel) == ROLE_SCAN && !peer->is_leaving)
        return peer->board;
    return NULL;
}

void relay_peers_free(struct relay *relay)
{
    while (!TAILQ_EMPTY(&relay->peers))
        free_peer(relay, TAILQ_FIRST(&relay->peers));
}
