/* parent_children: the list of processes, and operations on one that use no other file of the parent. */
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
    const struct parent_config *config; /* of its start */
    enum role role;
    unsigned index;      /* unique among the living processes of its role */
    unsigned generation; /* of the change that started it */
    unsigned number;     /* among those of its role and generation */
    pid_t pid;           /* 0: there is none */
    struct ipc *ipc;
    bool is_ready, was_ready; /* at the moment; at any time */
    bool is_leaving;          /* it was replaced: it finishes its work, and is not restarted */
    bool drain_requested;     /* is_leaving is set, but nothing has been sent yet */
    struct backoff backoff;
    struct liveness liveness;
    uint64_t started_ms;
    unsigned starts;
    unsigned owes;       /* outstanding answers to requests of the control socket */
    struct event *timer; /* starts the process, or kills it if its channel has closed */
};

TAILQ_HEAD(child_list, child);

/* NULL: there is none. */
struct child *parent_children_find(const struct parent *parent, enum role role, unsigned index);
struct child *parent_children_by_pid(const struct parent *parent, pid_t pid);
/* The process that serves requests: neither leaving nor part of a change. */
struct child *parent_children_current(const struct parent *parent, enum role role);
/* The lowest index that no living process of the role has, old and new ones included. */
unsigned parent_children_free_index(const struct parent *parent, enum role role);

/* Sends a message without contents, if the process runs. */
void parent_children_tell(struct child *child, enum ipc_kind kind);
void parent_children_kill(const struct child *child);
/* Frees the entry of a process that has ended or was not started. */
void parent_children_remove(struct child *child);

#endif
