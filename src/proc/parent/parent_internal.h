/* parent_internal: what the files of the parent share. Each calls only those further down in this list, and
 * reports to parent.c through parent_handlers:
 *
 *     parent.c             the order of things; what follows when a process is ready, or ends
 *     parent_control.c     the control socket
 *     parent_questions.c   what its clients ask for
 *     parent_reload.c, parent_signatures.c   what makes processes be replaced
 *     parent_answers.c     what the clients wait for
 *     parent_stop.c        the end
 *     parent_change.c      how processes are replaced by others
 *     parent_drain.c       how those leave
 *     parent_child.c       one process's life
 *     parent_join.c        which are joined by a channel
 *     parent_alive.c, parent_listeners.c, parent_control_client.c
 *     parent_children.c    the list of processes */
#ifndef POSTERN_PROC_PARENT_PARENT_INTERNAL_H
#define POSTERN_PROC_PARENT_PARENT_INTERNAL_H

#include "base/buf.h"
#include "proc/parent/parent_children.h"

enum state { STATE_STARTING, STATE_RUNNING, STATE_STOPPING_RELAYS, STATE_STOPPING_REST };

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

/* What parent.c is told by the files below it. */
struct parent_handlers {
    void (*ready)(struct child *child);
    /* Anything but READY and ACCUSE. */
    void (*said)(struct child *child, struct ipc *ipc, enum ipc_kind kind, const void *payload);
    /* A change is over: whatever had to wait for its end may begin. */
    void (*settled)(struct parent *parent);
};

struct parent {
    /* parent.c */
    const struct parent_setup *setup;
    const struct parent_handlers *handlers;
    struct parent_config *config; /* in force */
    struct event_base *base;
    struct session_stats *stats;
    enum state state;
    uint64_t started_ms;
    int signal_fd;
    struct event *signals;
    int exit_status;

    /* parent_children.c */
    struct child_list children;

    /* parent_listeners.c */
    struct parent_listener *listeners;
    size_t listener_count;

    /* parent_change.c */
    struct change change;
    unsigned generations;

    struct parent_control *control; /* parent_control.c; NULL: there is no control socket */

    /* parent_alive.c */
    struct {
        struct event *tick, *watchdog;
        uint64_t ticked_ms; /* of the last tick; 0: none yet */
    } alive;

    /* parent_reload.c */
    struct {
        bool is_wanted;   /* as soon as may be */
        uint64_t started; /* how many; a client that asks for one waits for the next to start */
    } reload;

    /* parent_signatures.c */
    struct {
        struct directory_watch *watch; /* NULL: there are none */
        uint64_t loaded;               /* the state of their files when they were last loaded */
    } signatures;

    /* parent_stop.c */
    struct {
        struct event *deadline;
        uint64_t asked_ms;
    } stop;
};

static inline bool parent_is_stopping(const struct parent *parent)
{
    return parent->state >= STATE_STOPPING_RELAYS;
}

static inline const struct parent_role *child_row(const struct child *child)
{
    return &child->parent->setup->roles[child->role];
}

static inline bool child_is_relay(const struct child *child)
{
    return child_row(child)->starts_last;
}

static inline bool child_is_running(const struct child *child)
{
    return child->pid > 0 && child->ipc;
}

/* Of the change at hand, before it is settled. */
static inline bool child_is_new(const struct child *child)
{
    const struct change *change = &child->parent->change;

    return change->phase != CHANGE_NONE && change->phase != CHANGE_KEEPER &&
           child->generation == change->generation;
}

/* Adds the process of that number, not started. */
struct child *parent_child_add(struct parent *parent, enum role role, unsigned number, unsigned generation,
                               const struct parent_config *config);
void parent_child_start(struct child *child);
/* It has ended: returns the milliseconds after which it may be started again. */
uint64_t parent_child_ended(struct child *child, const struct process_end *end);
void parent_child_start_after(struct child *child, uint64_t pause_ms);

/* parent_join.c */
bool parent_join_are_peers(const struct child *a, const struct child *b);
/* It was started: joins it to all whom it is to know now. */
void parent_join_peers(struct child *child);
/* A change is being settled: relays that do not know those who stay get to know them. */
void parent_join_winners(struct parent *parent, bool new_wins);

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

/* parent_drain.c. Those of these roles, the new ones of the change at hand or the old, leave from now on.
 */
void parent_drain_begin(struct parent *parent, unsigned roles, bool new_ones);
/* One that was leaving has ended. Frees it. */
void parent_drain_ended(struct child *child);

/* parent_alive.c */
void parent_alive_begin(struct parent *parent);
void parent_alive_end(struct parent *parent);
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
void parent_signatures_unwatch(struct parent *parent);

/* parent_stop.c. Prepares its timer; the service goes on. */
void parent_stop_prepare(struct parent *parent);
void parent_stop(struct parent *parent);
/* SIGTERM or SIGINT: the first stops, another one a second later or more does so at once. */
void parent_stop_asked(struct parent *parent);
/* A child has ended while stopping. */
void parent_stop_advance(struct parent *parent);

#endif
