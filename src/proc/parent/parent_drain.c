/* Processes leave because others have taken their place, or were to: relays accept nobody more and end with
 * their last session; the rest is asked nothing more and ends when it owes nothing. None is started again. */
#include "proc/parent/parent_internal.h"

static void tell_relays_to_leave(struct child *left)
{
    struct ipc_peer named = {.role = left->role, .index = left->index};
    struct child *relay;

    TAILQ_FOREACH(relay, &left->parent->children, link)
    if (is_relay(relay) && is_running(relay) && parent_are_peers(relay, left))
        ipc_send(relay->ipc, IPC_LEAVE, &named, -1);
}

/* Scan needs its engine up to its own end, and is of no use without it. */
static void end_partner(struct child *left)
{
    struct child *other;

    TAILQ_FOREACH(other, &left->parent->children, link)
    {
        if (!other->is_leaving || other->generation != left->generation)
            continue;
        if (left->role == ROLE_SCAN && other->role == ROLE_CLAMAV)
            parent_child_tell(other, IPC_STOP);
        else if (left->role == ROLE_CLAMAV && other->role == ROLE_SCAN)
            parent_child_kill(other);
    }
}

void parent_dismissed_ended(struct child *child)
{
    end_partner(child);
    parent_child_remove(child);
}

/* It has nothing in hand if it is new and was not ready yet. */
static void tell(struct child *child)
{
    if (is_relay(child)) {
        parent_child_tell(child, IPC_RETIRE);
        return;
    }
    tell_relays_to_leave(child);
    if (is_new(child) && !child->was_ready)
        parent_child_kill(child);
    else if (child->role != ROLE_CLAMAV)
        parent_child_tell(child, IPC_STOP);
}

/* All leave before the first is told, so that each knows of its partner. */
void parent_dismiss(struct parent *parent, unsigned roles, bool new_ones)
{
    struct child *child, *next;

    TAILQ_FOREACH(child, &parent->children, link)
    if (roles & 1u << child->role && !child->is_leaving && is_new(child) == new_ones)
        child->is_leaving = child->is_dismissed = true;
    for (child = TAILQ_FIRST(&parent->children); child; child = next) {
        next = TAILQ_NEXT(child, link);
        if (!child->is_dismissed)
            continue;
        child->is_dismissed = false;
        event_del(child->timer);
        if (child->pid == 0)
            parent_dismissed_ended(child);
        else
            tell(child);
    }
}
