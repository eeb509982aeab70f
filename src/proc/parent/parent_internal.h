/* parent_internal: what the files of the parent share. Each calls only those further down in this list, and
 * reports to parent.c through parent_handlers:
 *
 *     parent.c             start, end, and the reaction when a process is ready or has ended
 *     parent_control.c     the control socket
 *     parent_questions.c   the requests of its clients
 *     parent_reload.c, parent_signatures.c   the reasons to replace processes
 *     parent_answers.c     the answers to the clients
 *     parent_stop.c        stopping the service
 *     parent_change.c      replacing processes
 *     parent_drain.c       the replaced processes until they end
 *     parent_child.c       one process from start to end
 *     parent_join.c        the channels between processes
 *     parent_alive.c, parent_listeners.c, parent_control_client.c
 *     parent_children.c    the list of processes */
#ifndef POSTERN_PROC_PARENT_PARENT_INTERNAL_H
#define POSTERN_PROC_PARENT_PARENT_INTERNAL_H

#include "base/buf.h"
#include "proc/parent/parent_children.h"

enum state { STATE_STARTING, STATE_RUNNING, STATE_STOPPING_RELAYS, STATE_STOPPING_REST };

/* The protocol of a socket is determined by the configuration, and may be another after a reload. */
struct parent_listener {
    union inet_address address;
    int fd;
};

/* The phases of a change that replaces processes. Until it is committed there are two of each role that
 * changes. */
enum change_phase {
    CHANGE_NONE,
    CHANGE_DRAINING, /* [builtin] reload = restart: scan and its engine end first */
    CHANGE_SUPPORT,  /* the new processes of all roles but relays are starting */
    CHANGE_RELAYS,   /* the new relays are starting */
    CHANGE_KEEPER,   /* committed; the old keeper must release the quarantine before the new one starts */
};

struct change {
    enum change_phase phase;
    unsigned roles;               /* 1 << role of each role that is replaced */
    unsigned generation;          /* of the new processes */
    struct parent_config *config; /* of the new processes; may be the current one */
    size_t listeners_before;      /* their number before the change */
    struct buf why_not;           /* the error, for the client that has requested the reload */
    void (*ended)(struct parent *parent, struct span error);
};

/* Events that the files below parent.c report to it. */
struct parent_handlers {
    void (*ready)(struct child *child);
    /* Any message except READY and ACCUSE. */
    void (*said)(struct child *child, struct ipc *ipc, enum ipc_kind kind, const void *payload);
    /* A change is over: actions that had to wait for its end may begin. */
    void (*settled)(struct parent *parent);
};

struct parent {
    /* parent.c */
    const struct parent_setup *setup;
    const struct parent_handlers *handlers;
    struct parent_config *config; /* in effect */
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
        bool is_wanted;   /* as soon as possible */
        uint64_t started; /* their number; a client that requests one waits for the next */
    } reload;

    /* parent_signatures.c */
    struct {
        struct directory_watch *watch; /* NULL: there are none */
        uint64_t loaded;               /* state of their files when they were last loaded */
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

/* Belongs to the current change, before that is committed. */
static inline bool child_is_new(const struct child *child)
{
    const struct change *change = &child->parent->change;

    return change->phase != CHANGE_NONE && change->phase != CHANGE_KEEPER &&
           child->generation == change->generation;
}

/* Adds an entry for the process of that number, without starting it. */
struct child *parent_child_add(struct parent *parent, enum role role, unsigned number, unsigned generation,
                               const struct parent_config *config);
void parent_child_start(struct child *child);
/* Handles the end of the process. Returns the milliseconds after which it may be restarted. */
uint64_t parent_child_ended(struct child *child, const struct process_end *end);
void parent_child_start_after(struct child *child, uint64_t pause_ms);

/* parent_join.c */
bool parent_join_are_peers(const struct child *a, const struct child *b);
/* Connects a process that was started to all peers that it may know now. */
void parent_join_peers(struct child *child);
/* Commits or reverts a change: connects each relay to the processes that stay, if it is not yet connected. */
void parent_join_winners(struct parent *parent, bool new_wins);

/* parent_listeners.c. Opens the sockets that the configuration needs and that are not open yet. False: none
 * was opened; *error has the reason. */
bool parent_listeners_open(struct parent *parent, const struct conf *conf, struct buf *error);
/* Checks, before anything is changed, whether they can be opened. */
bool parent_listeners_check(const struct parent *parent, const struct conf *conf, struct buf *error);
/* Closes the sockets of addresses that are not in the configuration. */
void parent_listeners_prune(struct parent *parent, const struct conf *conf);
/* Closes all after the first `count`. */
void parent_listeners_close(struct parent *parent, size_t count);
/* The sockets of this relay: those of all configured addresses are distributed among the relays. `listeners`
 * must have room for all. Returns their number. */
size_t parent_listeners_of(const struct child *child, struct listener *listeners);

/* parent_change.c. Starts new processes of these roles; takes config, unless it is the current one. `ended`
 * is called at the end: the error is empty, or gives the reason why nothing has changed. */
void parent_change_begin(struct parent *parent, unsigned roles, struct parent_config *config,
                         void (*ended)(struct parent *parent, struct span error));
/* A process is ready, or has ended. */
void parent_change_advance(struct parent *parent);
/* A new process has ended before it was ready. Frees it. */
void parent_change_failed(struct child *child);
/* The parent stops: new processes are stopped like all others. */
void parent_change_drop(struct parent *parent);

/* parent_drain.c. Processes of these roles leave from now on: the new ones of the current change, or the old
 * ones. */
void parent_drain_begin(struct parent *parent, unsigned roles, bool new_ones);
/* A leaving process has ended. Frees it. */
void parent_drain_ended(struct child *child);

/* parent_alive.c */
void parent_alive_begin(struct parent *parent);
void parent_alive_end(struct parent *parent);
void parent_alive_answered(struct child *child, struct ipc *ipc);

/* parent_reload.c. Requests a reload at the next opportunity. */
void parent_reload_ask(struct parent *parent);
/* Starts a reload if one is requested and no change is in progress. */
void parent_reload_start(struct parent *parent);

/* parent_signatures.c. Records the state of the files that are about to be loaded under that
 * configuration. */
void parent_signatures_note(struct parent *parent, const struct conf *conf);
/* Loads them again if they have changed and no other change is in progress. */
void parent_signatures_start(struct parent *parent);
/* Watches those of the current configuration from now on. */
void parent_signatures_watch(struct parent *parent);
void parent_signatures_unwatch(struct parent *parent);

/* parent_stop.c. Creates its timer; does not stop anything yet. */
void parent_stop_prepare(struct parent *parent);
void parent_stop(struct parent *parent);
/* SIGTERM or SIGINT: the first stops in order; another one, a second later or more, stops at once. */
void parent_stop_asked(struct parent *parent);
/* A process has ended during the stop. */
void parent_stop_advance(struct parent *parent);

#endif
