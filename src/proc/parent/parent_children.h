/* parent_children: the list of processes, and operations on them that use no other file of the parent. */
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
    const struct parent_config *config; /* the process is started with it */
    enum role role;
    unsigned index;      /* unique among the living processes of the role */
    unsigned generation; /* of the change that added the entry; 0: the start of the service */
    unsigned number;     /* the processes of one role and generation are numbered from 0 */
    pid_t pid;           /* 0: the process does not run */
    struct ipc *ipc;
    bool is_ready;        /* the running process has sent READY */
    bool was_ready;       /* this or an earlier process of the entry has sent READY */
    bool is_leaving;      /* the process ends when its work is finished, and is not restarted */
    bool drain_requested; /* is_leaving is set, but the process has not been asked to leave yet */
    struct backoff backoff;
    struct liveness liveness;
    uint64_t started_ms;
    unsigned starts;
    unsigned outstanding; /* number of outstanding answers to requests at the control socket */
    struct event *timer;  /* starts the process, or kills it if its channel has closed */
};

TAILQ_HEAD(child_list, child);

/* These return NULL if there is none. */
struct child *parent_children_find(const struct parent *parent, enum role role, unsigned index);
struct child *parent_children_by_pid(const struct parent *parent, pid_t pid);
/* Returns a process that is neither leaving nor new (child_is_new). */
struct child *parent_children_current(const struct parent *parent, enum role role);
/* Returns the lowest index that no process of the role has, old or new. */
unsigned parent_children_free_index(const struct parent *parent, enum role role);

/* Sends a message without a payload, if the process runs. */
void parent_children_send(struct child *child, enum ipc_kind kind);
void parent_children_kill(const struct child *child);
/* Frees the entry of a process that has ended or was not started. */
void parent_children_remove(struct child *child);

#endif
