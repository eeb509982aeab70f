/* Lets processes leave. They were replaced, or belong to a failed change. Relays stop accepting, and end
 * after their last session. Other processes get no more requests, and end when no request is outstanding. A
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

/* If scan has ended, ends its engine. If the engine has ended, ends scan, which is useless without it. */
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

/* Asks a process to leave. The engine is not asked: it ends after scan (end_partner). A new process that was
 * never ready has no work, and is killed, unless it is a relay. */
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

/* Sets is_leaving of all these processes before the first one is asked, because end_partner depends on
 * is_leaving. */
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
