/* parent_internal: what the files of the parent share. parent.c has the order of things, parent_child.c one
 * process's life, parent_stop.c the end. */
#ifndef POSTERN_PROC_PARENT_INTERNAL_H
#define POSTERN_PROC_PARENT_INTERNAL_H

#include "proc/backoff.h"
#include "proc/parent.h"
#include "sys/process.h"

#include <event2/event.h>

enum state { STATE_STARTING, STATE_RUNNING, STATE_STOPPING_RELAYS, STATE_STOPPING_REST };

struct child {
    struct parent *parent;
    enum role role;
    unsigned index;
    pid_t pid; /* 0: there is none */
    struct ipc *ipc;
    bool is_ready, was_ready; /* now; ever */
    struct backoff backoff;
    uint64_t started_ms;
    unsigned starts;
    unsigned owes;       /* answers to questions of the control socket */
    struct event *timer; /* no process: start one. A process whose channel is closed: kill it */
};

struct parent {
    const struct parent_setup *setup;
    struct event_base *base;
    struct census *census;
    struct child *children;
    size_t count;
    int *listeners; /* one a relay and address, relay by relay */
    size_t listener_count;
    int signal_fd;
    struct event *signals, *deadline;
    enum state state;
    uint64_t started_ms, stop_asked_ms;
    struct control *control; /* NULL: there is no control socket */
    int exit_status;
};

static inline bool is_stopping(const struct parent *parent)
{
    return parent->state >= STATE_STOPPING_RELAYS;
}

static inline const struct parent_role *row_of(const struct child *child)
{
    return &child->parent->setup->roles[child->role];
}

void parent_child_start(struct child *child);
void parent_child_kill(struct child *child);
/* It has ended: forgets it and starts another, now or later, unless the parent is stopping. */
void parent_child_ended(struct child *child, const struct process_end *end);
void parent_child_on_timer(evutil_socket_t fd, short what, void *context);

/* A child said READY. */
void parent_advance(struct parent *parent);

void parent_stop(struct parent *parent);
/* SIGTERM or SIGINT: the first stops, another one a second later or more does so at once. */
void parent_stop_asked(struct parent *parent);
void parent_stop_on_deadline(evutil_socket_t fd, short what, void *context);
/* A child has ended while stopping. */
void parent_stop_advance(struct parent *parent);
void parent_close_listeners(struct parent *parent);

#endif
