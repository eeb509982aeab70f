/* parent_internal: declarations shared by the files of the parent. Each file calls only files further down in
 * this list. Events are reported to parent.c through parent_handlers.
 *
 *     parent.c             start, end, and the reaction when a process is ready or has ended
 *     parent_control.c     the control socket
 *     parent_requests.c    the requests at the control socket
 *     parent_reload.c      replacing all processes, for another configuration
 *     parent_signatures.c  replacing scan and its engine, for other signatures
 *     parent_answers.c     the answers at the control socket
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

/* A listening socket. Its protocol is not stored here: the configuration determines it, and a reload can
 * change it. */
struct parent_listener {
    union inet_address address;
    int fd;
};

/* The phases of a change, which replaces processes. Before the change is committed, old and new processes of
 * a role normally exist side by side. */
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
    struct parent_config *config; /* of the new processes; may be that of the old ones */
    size_t listeners_before;      /* listener_count before the change */
    struct buf failure;           /* why the change has failed; empty: it has not failed */
    void (*ended)(struct parent *parent, struct span error);
};

/* Events that the files below parent.c report to it. */
struct parent_handlers {
    void (*ready)(struct child *child);
    /* Takes any message except READY, ACCUSE and REJOIN. */
    void (*message)(struct child *child, struct ipc *ipc, enum ipc_kind kind, const void *payload);
    /* A change is over: another one, if it was requested, can begin. */
    void (*change_over)(struct parent *parent);
};

struct parent {
    /* parent.c */
    const struct parent_setup *setup;
    const struct parent_handlers *handlers;
    struct parent_config *config; /* in effect */
    struct event_base *base;
    struct session_stats *stats;
    struct tls_rejects *rejects;
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
        uint64_t ticked_ms; /* time of the last tick; 0: none yet */
    } alive;

    /* parent_reload.c */
    struct {
        bool is_requested; /* a reload is requested, and has not started yet */
        uint64_t started;  /* number of reloads that have started; a client that requests a reload waits for
                              the next number */
    } reload;

    /* parent_signatures.c */
    struct {
        struct directory_watch *watch; /* NULL: engine builtin is not used */
        uint64_t loaded;               /* state of the signature files when they were last loaded */
    } signatures;

    /* parent_stop.c */
    struct {
        struct event *deadline;
        uint64_t requested_ms;
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

/* Does the process belong to a change that is not committed yet? */
static inline bool child_is_new(const struct child *child)
{
    const struct change *change = &child->parent->change;

    return change->phase != CHANGE_NONE && change->phase != CHANGE_KEEPER &&
           child->generation == change->generation;
}

/* parent_child.c. Adds an entry for a process, without starting it. number: see struct child. */
struct child *parent_child_add(struct parent *parent, enum role role, unsigned number, unsigned generation,
                               const struct parent_config *config);
void parent_child_start(struct child *child);
/* Handles the end of the process. Returns the milliseconds to wait before it is restarted. */
uint64_t parent_child_ended(struct child *child, const struct process_end *end);
void parent_child_start_after(struct child *child, uint64_t pause_ms);

/* parent_join.c */
bool parent_join_are_peers(const struct child *a, const struct child *b);
/* Connects a process that was just started to the running peers to which it may be connected. */
void parent_join_peers(struct child *child);
/* Call when a process has lost the channel to another one. If both run and may be connected, connects them
 * again, and returns true. Usually the other process has died. Then both are connected when it is restarted.
 */
bool parent_join_again(struct child *child, struct child *other);
/* Call when a change is committed (new_stay: the new processes stay) or has failed (the old ones stay).
 * Connects relays to the processes that stay, as far as they are not connected yet. */
void parent_join_staying(struct parent *parent, bool new_stay);

/* parent_listeners.c. Opens the sockets that the configuration needs and that are not open yet. If one fails,
 * closes the others again, and returns false with the reason in *error. */
bool parent_listeners_open(struct parent *parent, const struct conf *conf, struct buf *error);
/* Checks whether the configured sockets can be opened. Does not check an address if the service already
 * listens on its port. */
bool parent_listeners_check(const struct parent *parent, const struct conf *conf, struct buf *error);
/* Closes the sockets of addresses that are not in the configuration. */
void parent_listeners_prune(struct parent *parent, const struct conf *conf);
/* Closes all sockets after the first `count`. */
void parent_listeners_close(struct parent *parent, size_t count);
/* Writes the sockets of this relay into `listeners`, which must have listener_count elements, and returns
 * their number. The sockets of each configured address are distributed among the relays. */
size_t parent_listeners_of(const struct child *child, struct listener *listeners);

/* parent_change.c. Begins a change: starts new processes of these roles. Takes config, unless it is the
 * current one. `ended` is called at the end, unless parent_change_drop is called before. Its `error` is empty
 * if the change has succeeded, and otherwise the reason. */
void parent_change_begin(struct parent *parent, unsigned roles, struct parent_config *config,
                         void (*ended)(struct parent *parent, struct span error));
/* Call when a process has become ready or has ended. */
void parent_change_advance(struct parent *parent);
/* Call when a new process has ended before it was ready. The change fails. Frees the entry of the process. */
void parent_change_failed(struct child *child);
/* Call when the parent stops. Forgets the change, so that its new processes are stopped like all others. */
void parent_change_drop(struct parent *parent);

/* parent_drain.c. Lets the old processes of these roles leave; with new_ones, the new processes of the
 * change. */
void parent_drain_begin(struct parent *parent, unsigned roles, bool new_ones);
/* Call when a leaving process has ended. Frees its entry. */
void parent_drain_ended(struct child *child);

/* parent_alive.c */
void parent_alive_begin(struct parent *parent);
void parent_alive_end(struct parent *parent);
void parent_alive_answered(struct child *child, struct ipc *ipc);

/* parent_reload.c. Requests a reload, which begins as soon as possible. */
void parent_reload_request(struct parent *parent);
/* Starts a reload if one is requested, the service is ready, and no change is in progress. */
void parent_reload_start(struct parent *parent);

/* parent_signatures.c. Records the state of the signature files that will now be loaded with this
 * configuration. */
void parent_signatures_note(struct parent *parent, const struct conf *conf);
/* If the files have changed, the service is ready, and no change is in progress, has them loaded again. */
void parent_signatures_start(struct parent *parent);
/* Watches the signature files of the current configuration from now on. */
void parent_signatures_watch(struct parent *parent);
void parent_signatures_unwatch(struct parent *parent);

/* parent_stop.c. Creates the timer that limits a later stop. */
void parent_stop_prepare(struct parent *parent);
void parent_stop(struct parent *parent);
/* Call at SIGTERM and SIGINT. The first signal stops the service in order. A signal that comes at least
 * SECOND_SIGNAL_MS later kills all processes. */
void parent_stop_requested(struct parent *parent);
/* Call when a process has ended during the stop. */
void parent_stop_advance(struct parent *parent);

#endif
