/* One process from its start to its end. parent.c decides what follows when it is ready or has ended. */

#include "base/buf.h"
#include "proc/parent/child_start.h"
#include "proc/parent/parent_internal.h"
#include "net/channel.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { RETRY_S = 1, EXIT_GRACE_S = 2 };

static void log_child(enum log_event event, const struct child *child)
{
    struct log_line line;

    log_begin(&line, event);
    log_string(&line, "role", role_name(child->role));
    log_number(&line, "index", child->index);
    log_number(&line, "pid", (uint64_t)child->pid);
    log_end(&line);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct child *child = context;

    if (child->pid > 0)
        parent_children_kill(child);
    else if (!parent_is_stopping(child->parent) && !child->is_leaving)
        parent_child_start(child);
}

struct child *parent_child_add(struct parent *parent, enum role role, unsigned number, unsigned generation,
                               const struct parent_config *config)
{
    struct child *child = mem_alloc_zero(sizeof *child);

    *child = (struct child){.parent = parent,
                            .config = config,
                            .role = role,
                            .index = parent_children_free_index(parent, role),
                            .generation = generation,
                            .number = number};
    child->timer = event_new(parent->base, -1, 0, on_timer, child);
    TAILQ_INSERT_TAIL(&parent->children, child, link);
    return child;
}

static void run_in_child(struct child *child, int parent_fd, pid_t parent_pid)
{
    struct parent *parent = child->parent;
    struct listener *listeners = mem_alloc_zero((parent->listener_count + 1) * sizeof *listeners);
    struct child_start start = {
        .conf = &child->config->conf,
        .notices = child->config->notices,
        .role = child->role,
        .index = child->index,
        .parent_fd = parent_fd,
        .is_replacement = child_is_new(child),
        .listeners = listeners,
        .listener_count = child->role == ROLE_RELAY ? parent_listeners_of(child, listeners) : 0,
        .stats = parent->stats,
        .rejects = parent->rejects,
        .drop = child_drop,
        .passphrase_fd = child->role == ROLE_SIGNER ? parent->setup->passphrase_fd : 0,
    };

    child_identity(start.conf, start.role, &start.identity);
    log_set_level(start.conf->postern.log_level); /* the level of the parent may differ */
    child_run(&start, child_row(child), parent_pid);
}

static const struct ipc_handlers handlers;

void parent_child_start(struct child *child)
{
    pid_t parent_pid = getpid();
    int ends[2];

    if (!channel_pair(ends)) {
        log_text(EVENT_channel_failed, "%m");
        event_add(child->timer, &(struct timeval){RETRY_S, 0});
        return;
    }
    child->pid = process_fork();
    if (child->pid == 0)
        run_in_child(child, ends[1], parent_pid);
    close(ends[1]);
    if (child->pid < 0) {
        log_text(EVENT_fork_failed, "%m");
        child->pid = 0;
        close(ends[0]);
        event_add(child->timer, &(struct timeval){RETRY_S, 0});
        return;
    }
    child->started_ms = process_clock_ms();
    child->starts++;
    child->is_ready = false;
    child->liveness = (struct liveness){0};
    child->ipc =
        ipc_new(child->parent->base, ends[0], ROLE_PARENT, child->role, child->index, &handlers, child);
    log_child(EVENT_child_started, child);
    parent_join_peers(child);
}

static void log_death(const struct child *child, const struct process_end *end, uint64_t pause_ms)
{
    struct log_line line;
    bool is_expected = (parent_is_stopping(child->parent) || child->is_leaving) && end->status == 0;

    log_begin_at(&line, is_expected ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, EVENT_child_ended);
    log_string(&line, "role", role_name(child->role));
    log_number(&line, "index", child->index);
    log_number(&line, "pid", (uint64_t)end->pid);
    if (end->signal)
        log_number(&line, "signal", (uint64_t)end->signal);
    else
        log_number(&line, "status", (uint64_t)end->status);
    if (pause_ms)
        log_number(&line, "restart_after_ms", pause_ms);
    log_end(&line);
}

void parent_child_start_after(struct child *child, uint64_t pause_ms)
{
    if (pause_ms == 0)
        parent_child_start(child);
    else
        event_add(child->timer, &(struct timeval){(time_t)(pause_ms / 1000), 0});
}

uint64_t parent_child_ended(struct child *child, const struct process_end *end)
{
    struct parent *parent = child->parent;
    uint64_t pause_ms = 0;

    child->pid = 0;
    child->is_ready = false;
    event_del(child->timer);
    ipc_free(&child->ipc);
    if (child->role == ROLE_RELAY)
        session_stats_forget_relay(parent->stats, child->index);
    if (!parent_is_stopping(parent) && !child->is_leaving)
        pause_ms = backoff_died(&child->backoff, child->started_ms, process_clock_ms());
    log_death(child, end, pause_ms);
    return pause_ms;
}

static void handle_ready(struct child *child, struct ipc *ipc)
{
    if (child->is_ready) {
        ipc_violation(ipc, "a second READY");
        return;
    }
    child->is_ready = child->was_ready = true;
    log_child(EVENT_child_ready, child);
    child->parent->handlers->ready(child);
}

static struct child *find_peer(const struct child *child, const struct ipc_peer *peer)
{
    return peer->role < ROLE_COUNT ? parent_children_find(child->parent, (enum role)peer->role, peer->index)
                                   : NULL;
}

static void handle_accusation(struct child *accuser, struct ipc *ipc, const struct ipc_peer *peer)
{
    struct child *accused = find_peer(accuser, peer);

    if (!accused || !parent_join_are_peers(accuser, accused)) {
        ipc_violation(ipc, "accuses a process that is not its peer");
        return;
    }
    log_child(EVENT_child_accused, accused);
    parent_children_kill(accused);
}

/* The peer may have left in a change, and so be unknown by now. */
static void handle_lost_channel(struct child *child, struct ipc *ipc, const struct ipc_peer *peer)
{
    struct child *other = find_peer(child, peer);

    if (other && !parent_join_are_peers(child, other))
        ipc_violation(ipc, "has lost a process that is not its peer");
    else if (other && parent_join_again(child, other))
        log_child(EVENT_child_rejoined, other);
}

static void on_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct child *child = context;

    if (kind == IPC_READY)
        handle_ready(child, ipc);
    else if (kind == IPC_ACCUSE)
        handle_accusation(child, ipc, payload);
    else if (kind == IPC_REJOIN)
        handle_lost_channel(child, ipc, payload);
    else
        child->parent->handlers->message(child, ipc, kind, payload);
}

/* A process that has violated the table is killed at once. Any other process without a channel is useless.
 * Unless it is expected to end, it gets EXIT_GRACE_S to exit by itself, because its exit status may matter.
 * Then it is killed. */
static void on_closed(void *context, struct ipc *ipc)
{
    struct child *child = context;

    if (ipc_is_accused(ipc))
        parent_children_kill(child);
    else if (!parent_is_stopping(child->parent) && !child->is_leaving)
        event_add(child->timer, &(struct timeval){EXIT_GRACE_S, 0});
    ipc_free(&child->ipc);
}

static const struct ipc_handlers handlers = {on_message, on_closed};
