/* parent_internal: what the files of the parent share. parent.c has the order of things, parent_child.c one
 * process's life, parent_join.c who is joined to whom, parent_listeners.c the sockets, parent_change.c how
 * processes are replaced by others, parent_dismiss.c how those leave, parent_alive.c how one that is hung is
 * noticed, parent_reload.c and parent_signatures.c
 * what makes them be replaced, parent_stop.c the end. */
#ifndef POSTERN_PROC_PARENT_PARENT_INTERNAL_H
#define POSTERN_PROC_PARENT_PARENT_INTERNAL_H

#include "base/buf.h"
#include "core/liveness.h"
#include "proc/parent/backoff.h"
#include "proc/parent/parent.h"
#include "sys/process.h"

#include <event2/event.h>
#include <sys/queue.h>

enum state { STATE_STARTING, STATE_RUNNING, STATE_STOPPING_RELAYS, STATE_STOPPING_REST };

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
    bool is_dismissed;        /* it leaves from now on, and is still to be told */
    struct backoff backoff;
    struct liveness liveness;
    uint64_t started_ms;
    unsigned starts;
    unsigned owes;       /* answers to questions of the control socket */
    struct event *timer; /* no process: start one. A process whose channel is closed: kill it */
};

TAILQ_HEAD(child_list, child);

/* Which protocol a socket is for stands in the configuration: after a reload it may be another. */
struct parent_listener {
    union inet_address address;
    int fd;
};

/* Processes are being replaced. Until it is settled there are two of each role that changes. */
enum change_phase {
    CHANGE_NONE,
    CHANGE_DRAINING, /* [builtin] reload = restart: scan and its engine end first */
    CHANGE_SUPPORT,  /* new ones of all roles but relays are to get ready */
    CHANGE_RELAYS,   /* and new relays */
    CHANGE_KEEPER,   /* settled; the old keeper has to let go of the quarantine before a new one gets ready */
};

struct change {
    enum change_phase phase;
    unsigned roles;               /* 1 << role of each that is replaced */
    unsigned generation;          /* the new one's */
    struct parent_config *config; /* the new one's; the running one if it stays */
    size_t listeners_before;      /* how many there were */
    struct buf why_not;           /* what went wrong, for who asked */
    void (*ended)(struct parent *parent, struct span error);
};

struct parent {
    const struct parent_setup *setup;
    struct parent_config *config; /* in force */
    struct event_base *base;
    struct session_stats *stats;
    struct child_list children;
    struct parent_listener *listeners;
    size_t listener_count;
    int signal_fd;
    struct event *signals, *deadline, *tick, *watchdog;
    uint64_t ticked_ms; /* of the last tick; 0: none yet */
    enum state state;
    struct change change;
    unsigned generations;
    bool is_reload_wanted;    /* as soon as may be */
    uint64_t reloads_started; /* who asks for one waits for the next to start */
    uint64_t started_ms, stop_asked_ms;
    struct control *control;       /* NULL: there is no control socket */
    struct directory_watch *watch; /* of the signatures; NULL: there are none */
    uint64_t signatures;           /* what their files were like when they were last loaded */
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

static inline bool is_relay(const struct child *child)
{
    return row_of(child)->is_late;
}

static inline bool is_running(const struct child *child)
{
    return child->pid > 0 && child->ipc;
}

/* Of the change at hand, before it is settled. */
static inline bool is_new(const struct child *child)
{
    const struct change *change = &child->parent->change;

    return change->phase != CHANGE_NONE && change->phase != CHANGE_KEEPER &&
           child->generation == change->generation;
}

/* Adds the process of that number, not started. */
struct child *parent_child_add(struct parent *parent, enum role role, unsigned number, unsigned generation,
                               const struct parent_config *config);
void parent_child_remove(struct child *child);
/* The one whom others are to ask: neither leaving nor part of a change. */
struct child *parent_child_current(struct parent *parent, enum role role);
struct child *parent_child_find(struct parent *parent, enum role role, unsigned index);
void parent_child_tell(struct child *child, enum ipc_kind kind);
void parent_child_start(struct child *child);
void parent_child_kill(struct child *child);
/* It has ended: forgets it and starts another, now or later, unless the parent is stopping. */
void parent_child_ended(struct child *child, const struct process_end *end);
void parent_child_on_timer(evutil_socket_t fd, short what, void *context);

/* parent_join.c */
bool parent_are_peers(const struct child *a, const struct child *b);
/* Each gets an end of a new channel. */
void parent_join(struct child *a, struct child *b);
/* It was started: joins it to all whom it is to know now. */
void parent_introduce(struct child *child);
/* A change is being settled: relays that do not know those who stay get to know them. */
void parent_introduce_winners(struct parent *parent, bool new_wins);

/* parent_listeners.c. Opens what is missing for a configuration; what is there stays. False: *error says
 * why, and nothing was opened. */
bool parent_listeners_open(struct parent *parent, const struct conf *conf, struct buf *error);
/* Would they open? Asked before anything is changed. */
bool parent_listeners_check(const struct parent *parent, const struct conf *conf, struct buf *error);
/* Those of addresses that the configuration does not have are closed. */
void parent_listeners_prune(struct parent *parent, const struct conf *conf);
/* All behind the first `count`. */
void parent_listeners_close(struct parent *parent, size_t count);
/* This relay's: every one of its configuration's addresses, shared out among the relays. Into
 * `listeners`, with room for all; returns how many. */
size_t parent_listeners_of(const struct child *child, struct listener *listeners);

/* parent_change.c. Starts new processes of these roles; takes config, if it is not the running one. `ended`
 * is told when all is done: the error is empty, or says why nothing has changed. */
void parent_change_begin(struct parent *parent, unsigned roles, struct parent_config *config,
                         void (*ended)(struct parent *parent, struct span error));
/* Somebody is ready, or has ended. */
void parent_change_advance(struct parent *parent);
/* A new process, not ready yet, has ended. Frees it. */
void parent_change_failed(struct child *child);
/* The parent stops: whoever is there is stopped with the rest. */
void parent_change_drop(struct parent *parent);

/* parent_dismiss.c. Those of these roles, the new ones of the change at hand or the old, leave from now on.
 */
void parent_dismiss(struct parent *parent, unsigned roles, bool new_ones);
/* One that was leaving has ended. Frees it. */
void parent_dismissed_ended(struct child *child);

/* parent_alive.c. Every LIVENESS_TICK_MS; the watchdog's as often as the service manager wants it. */
void parent_alive_tick(evutil_socket_t fd, short what, void *context);
void parent_alive_watchdog(evutil_socket_t fd, short what, void *context);
void parent_alive_answered(struct child *child, struct ipc *ipc);

/* parent_reload.c. At the next opportunity. */
void parent_reload_ask(struct parent *parent);
/* If one is wanted and nothing else is going on. */
void parent_reload_start(struct parent *parent);

/* parent_signatures.c. They are about to be loaded, for that configuration. */
void parent_signatures_note(struct parent *parent, const struct conf *conf);
/* Loads them again if they have changed and nothing else is going on. */
void parent_signatures_start(struct parent *parent);
/* Those of the configuration in force, from now on. */
void parent_signatures_watch(struct parent *parent);

/* parent.c. Whatever had to wait for the end of a change. */
void parent_go_on(struct parent *parent);
/* Children inherit the limits. */
void parent_raise_limits(const struct conf *conf);
/* A child said READY. */
void parent_advance(struct parent *parent);

void parent_stop(struct parent *parent);
/* SIGTERM or SIGINT: the first stops, another one a second later or more does so at once. */
void parent_stop_asked(struct parent *parent);
void parent_stop_on_deadline(evutil_socket_t fd, short what, void *context);
/* A child has ended while stopping. */
void parent_stop_advance(struct parent *parent);

#endif
