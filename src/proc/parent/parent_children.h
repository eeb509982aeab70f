/* parent_children: the processes that the parent has, and what can be said of each. It uses no other file of
 * the parent. */
#ifndef POSTERN_PROC_PARENT_PARENT_CHILDREN_H
#define POSTERN_PROC_PARENT_PARENT_CHILDREN_H

#include "core/liveness.h"
#include "proc/parent/backoff.h"
#include "proc/parent/parent.h"
#include "sys/process.h"

#include <event2/event.h>
#include <sys/queue.h>

struct parent;

struct child {
    TAILQ_ENTRY(child) link;
    struct parent *parent;
    const struct parent_config *config; /* what it is started with */
    enum role role;
    unsigned index;      /* no other living process of its role has it */
    unsigned generation; /* of the change that brought it */
    unsigned number;     /* among those of its role and generation */
    pid_t pid;           /* 0: there is none */
    struct ipc *ipc;
    bool is_ready, was_ready; /* now; ever */
    bool is_leaving;          /* it was replaced: it finishes what it has in hand, and is not started again */
    bool drain_requested;     /* it leaves from now on, and is still to be told */
    struct backoff backoff;
    struct liveness liveness;
    uint64_t started_ms;
    unsigned starts;
    unsigned owes;       /* answers to questions of the control socket */
    struct event *timer; /* no process: start one. A process whose channel is closed: kill it */
};

TAILQ_HEAD(child_list, child);

/* NULL: there is none. */
struct child *parent_children_find(const struct parent *parent, enum role role, unsigned index);
struct child *parent_children_by_pid(const struct parent *parent, pid_t pid);
/* The one that other processes ask: neither leaving nor part of a change. */
struct child *parent_children_current(const struct parent *parent, enum role role);
/* The lowest that no living process of its role has, its successor or predecessor included. */
unsigned parent_children_free_index(const struct parent *parent, enum role role);

/* Sends it a message without contents, if it runs. */
void parent_children_tell(struct child *child, enum ipc_kind kind);
void parent_children_kill(const struct child *child);
/* Frees it. It has ended, or was not started. */
void parent_children_remove(struct child *child);

#endif
