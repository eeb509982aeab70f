#include "proc/parent/parent_internal.h"

#include <signal.h>
#include <stdlib.h>

struct child *parent_children_find(const struct parent *parent, enum role role, unsigned index)
{
    struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    if (child->role == role && child->index == index)
        return child;
    return NULL;
}

struct child *parent_children_by_pid(const struct parent *parent, pid_t pid)
{
    struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    if (child->pid == pid)
        return child;
    return NULL;
}

struct child *parent_children_current(const struct parent *parent, enum role role)
{
    struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    if (child->role == role && !child->is_leaving && !child_is_new(child))
        return child;
    return NULL;
}

unsigned parent_children_free_index(const struct parent *parent, enum role role)
{
    unsigned index = 0;

    while (parent_children_find(parent, role, index))
        index++;
    return index;
}

void parent_children_send(struct child *child, enum ipc_kind kind)
{
    if (child_is_running(child))
        ipc_send(child->ipc, kind, &(struct ipc_none){0}, -1);
}

void parent_children_kill(const struct child *child)
{
    if (child->pid > 0)
        kill(child->pid, SIGKILL);
}

void parent_children_remove(struct child *child)
{
    TAILQ_REMOVE(&child->parent->children, child, link);
    ipc_free(&child->ipc);
    event_free(child->timer);
    free(child);
}
