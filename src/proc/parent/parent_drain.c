/* Lets processes leave that were replaced or that belong to a failed change. Relays stop accepting, and end
 * after their last session; other processes get no more requests, and end when no request is outstanding. A
 * leaving process is not restarted. */
#include "proc/parent/parent_internal.h"

static void send_peer_leaves(struct child *leaving)
{
    struct ipc_peer peer = {.role = leaving->role, .index = leaving->index};
    struct child *relay;

    TAILQ_FOREACH(relay, &leaving->parent->children, link)
    if (child_is_relay(relay) && child_is_running(relay) && parent_join_are_peers(relay, leaving))
        ipc_send(relay->ipc, IPC_PEER_LEAVES, &peer, -1);
}

/* When scan has ended, ends its engine; when the engine has ended, ends scan, which is useless without it. */
static void end_partner(struct child *left)
{
    struct child *other;

    TAILQ_FOREACH(other, &left->parent->children, link)
    {
        if (!other->is_leaving || other->generation != left->generation)
            continue;
        if (left->role == ROLE_SCAN && other->role == ROLE_CLAMAV)
            parent_children_send(other, IPC_STOP);
        else if (left->role == ROLE_CLAMAV && other->role == ROLE_SCAN)
            parent_children_kill(other);
    }
}

void parent_drain_ended(struct child *child)
{
    end_partner(child);
    parent_children_remove(child);
}

/* Asks a process to leave. A new process that was never ready is killed, because it has no work. */
static void drain_one(struct child *child)
{
    if (child_is_relay(child)) {
        parent_children_send(child, IPC_RETIRE);
        return;
    }
    send_peer_leaves(child);
    if (child_is_new(child) && !child->was_ready)
        parent_children_kill(child);
    else if (child->role != ROLE_CLAMAV)
        parent_children_send(child, IPC_STOP);
}

/* Marks all these processes before it sends the first message, because end_partner depends on the marks. */
void parent_drain_begin(struct parent *parent, unsigned roles, bool new_ones)
{
    struct child *child, *next;

    TAILQ_FOREACH(child, &parent->children, link)
    if (roles & 1u << child->role && !child->is_leaving && child_is_new(child) == new_ones)
        child->is_leaving = child->drain_requested = true;
    for (child = TAILQ_FIRST(&parent->children); child; child = next) {
        next = TAILQ_NEXT(child, link);
        if (!child->drain_requested)
            continue;
        child->drain_requested = false;
        event_del(child->timer);
        if (child->pid == 0)
            parent_drain_ended(child);
        else
            drain_one(child);
    }
}
