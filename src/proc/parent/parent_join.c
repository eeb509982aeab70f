#include "proc/parent/parent_internal.h"

#include "net/channel.h"
#include "sys/process.h"

#include <unistd.h>

bool parent_join_are_peers(const struct child *a, const struct child *b)
{
    return (child_row(a)->peers & 1u << b->role) || (child_row(b)->peers & 1u << a->role);
}

static void join_pair(struct child *a, struct child *b)
{
    int ends[2];

    if (!channel_pair(ends)) {
        log_text(EVENT_channel_failed, "%m");
        parent_children_kill(a); /* after its restart the process is connected again */
        return;
    }
    ipc_send(a->ipc, IPC_PEER, &(struct ipc_peer){.role = b->role, .index = b->index}, ends[0]);
    ipc_send(b->ipc, IPC_PEER, &(struct ipc_peer){.role = a->role, .index = a->index}, ends[1]);
    close(ends[0]);
    close(ends[1]);
}

/* Until a change is committed, new relays are connected to the new processes and old relays to the old ones.
 * Both are connected to the keeper, and to processes whose role is not replaced. */
static bool relay_may_connect(const struct child *relay, const struct child *other)
{
    const struct change *change = &relay->parent->change;

    if (other->is_leaving)
        return false;
    if (child_is_new(other))
        return child_is_new(relay);
    return !child_is_new(relay) || other->role == ROLE_KEEPER || !(change->roles & 1u << other->role);
}

/* Scan is connected to the engine of its own generation, because both are replaced together. */
static bool may_connect(const struct child *a, const struct child *b)
{
    if (child_is_relay(a) || child_is_relay(b))
        return relay_may_connect(child_is_relay(a) ? a : b, child_is_relay(a) ? b : a);
    return a->generation == b->generation;
}

void parent_join_peers(struct child *child)
{
    struct child *other;

    TAILQ_FOREACH(other, &child->parent->children, link)
    if (other != child && child_is_running(other) && parent_join_are_peers(child, other) &&
        may_connect(child, other))
        join_pair(child, other);
}

/* A process that has ended, but is not reaped yet, has the state Z. */
static bool has_ended(const struct child *child)
{
    uint64_t cpu_ms;
    char state = process_state(child->pid, &cpu_ms);

    return state == 'Z' || state == 'X';
}

bool parent_join_again(struct child *child, struct child *other)
{
    if (parent_is_stopping(child->parent) || child->is_leaving || other->is_leaving ||
        !child_is_running(child) || !child_is_running(other) || !may_connect(child, other) ||
        has_ended(other))
        return false;
    join_pair(child, other);
    return true;
}

/* Is this a reader, a signer, a scan process or an engine, and does the change replace its role? */
static bool is_support(const struct child *child)
{
    return !child_is_relay(child) && child->role != ROLE_KEEPER &&
           child->parent->change.roles & 1u << child->role;
}

void parent_join_staying(struct parent *parent, bool new_stay)
{
    struct child *relay, *other;

    TAILQ_FOREACH(relay, &parent->children, link)
    {
        if (!child_is_relay(relay) || !child_is_running(relay) || child_is_new(relay) == new_stay)
            continue;
        TAILQ_FOREACH(other, &parent->children, link)
        if (is_support(other) && child_is_running(other) && !other->is_leaving &&
            child_is_new(other) == new_stay && parent_join_are_peers(relay, other))
            join_pair(relay, other);
    }
}
