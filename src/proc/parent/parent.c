#include "base/buf.h"
#include "proc/parent/child_start.h"
#include "proc/parent/parent_answers.h"
#include "proc/parent/parent_control.h"
#include "sys/event_watch.h"
#include "sys/privileges.h"
#include "sys/service.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void start_children(struct parent *parent, bool relays)
{
    struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    if (child_is_relay(child) == relays)
        parent_child_start(child);
}

static bool are_ready(const struct parent *parent, bool relays)
{
    const struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    if (child_is_relay(child) == relays && !child->is_ready)
        return false;
    return true;
}

static void begin_waiting_changes(struct parent *parent)
{
    parent_reload_start(parent);
    parent_signatures_start(parent);
}

/* When all other processes are ready, starts the relays. When the relays are ready, the service is ready. */
static void advance(struct parent *parent)
{
    bool are_relays_started = false;
    const struct child *child;

    if (parent->state != STATE_STARTING || !are_ready(parent, false))
        return;
    TAILQ_FOREACH(child, &parent->children, link)
    are_relays_started |= child_is_relay(child) && child->started_ms;
    if (!are_relays_started)
        start_children(parent, true);
    if (!are_ready(parent, true))
        return;
    parent->state = STATE_RUNNING;
    log_text(EVENT_started, "ready for sessions");
    service_notify("READY=1");
    begin_waiting_changes(parent);
}

/* Has the process ended before the service was ready, and would a restart fail again? Then the service ends
 * with an error, instead of trying for ever. */
static bool is_restart_useless(const struct child *child, const struct process_end *end, uint64_t pause_ms)
{
    return child->parent->state == STATE_STARTING && !child->was_ready &&
           (end->status == EXIT_CONFIG || pause_ms > 0);
}

static void give_up(struct parent *parent, const struct child *child)
{
    struct log_line line;

    log_begin(&line, EVENT_not_started);
    log_string(&line, "role", role_name(child->role));
    log_string(&line, "text", "this process cannot run here; its own messages are above");
    log_end(&line);
    parent->exit_status = EXIT_FAILURE;
    parent_stop(parent);
}

/* Handles the end of a process that will not be restarted. Either it was leaving, or it belongs to a change,
 * which fails. */
static void remove_child(struct child *child)
{
    struct parent *parent = child->parent;

    if (child->is_leaving)
        parent_drain_ended(child);
    else
        parent_change_failed(child);
    parent_change_advance(parent);
}

static void on_child_ended(struct child *child, const struct process_end *end)
{
    struct parent *parent = child->parent;
    uint64_t pause_ms = parent_child_ended(child, end);

    parent_answers_lost(child);
    if (parent_is_stopping(parent))
        parent_stop_advance(parent);
    else if (child->is_leaving || (child_is_new(child) && !child->was_ready))
        remove_child(child);
    else if (is_restart_useless(child, end, pause_ms))
        give_up(parent, child);
    else {
        parent_child_start_after(child, pause_ms);
        parent_change_advance(parent);
    }
}

static void on_child_ready(struct child *child)
{
    struct parent *parent = child->parent;

    advance(parent);
    parent_change_advance(parent);
}

static void on_child_message(struct child *child, struct ipc *ipc, enum ipc_kind kind, const void *payload)
{
    if (kind == IPC_PONG)
        parent_alive_answered(child, ipc);
    else
        parent_answers_take(child, ipc, kind, payload);
}

static const struct parent_handlers handlers = {on_child_ready, on_child_message, begin_waiting_changes};

static void reap(struct parent *parent)
{
    struct process_end end;

    while (process_reap(&end)) {
        struct child *child = parent_children_by_pid(parent, end.pid);

        if (child)
            on_child_ended(child, &end);
    }
}

static void on_signal(evutil_socket_t fd, short what, void *context)
{
    int signal;

    while ((signal = process_signals_next(fd)) != 0) {
        if (signal == SIGCHLD)
            reap(context);
        else if (signal == SIGHUP)
            parent_reload_request(context);
        else
            parent_stop_requested(context);
    }
}

static bool open_listeners(struct parent *parent)
{
    struct buf error = {0};
    bool is_open = parent_listeners_open(parent, &parent->config->conf, &error);

    if (!is_open)
        log_text(EVENT_listen_failed, "%s", buf_c_str(&error));
    buf_fini(&error);
    return is_open;
}

/* Adds the processes in the order in which they are started. */
static void make_children(struct parent *parent)
{
    static const enum role order[] = {ROLE_KEEPER, ROLE_SIGNER, ROLE_PAGE, ROLE_READER,
                                      ROLE_SCAN,   ROLE_CLAMAV, ROLE_RELAY};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (unsigned number = 0; number < role_count(&parent->config->conf, order[i]); number++)
            parent_child_add(parent, order[i], number, 0, parent->config);
}

/* Returns false if [postern] user does not exist. */
static bool open_log(struct parent *parent)
{
    struct identity identity;

    if (!parent->setup->log)
        return true;
    if (!child_identity(&parent->config->conf, ROLE_RELAY, &identity)) {
        log_text(EVENT_user_unknown, "there is no user %s", parent->config->conf.postern.user);
        return false;
    }
    log_output_serve(parent->setup->log, parent->base, &identity);
    return true;
}

static bool prepare(struct parent *parent)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    const struct conf *conf = &parent->config->conf;

    signal(SIGPIPE, SIG_IGN); /* a log without a reader must not end the service */
    child_raise_limits(&parent->config->conf);
    if (!open_listeners(parent))
        return false;
    if (*conf->postern.pid_file && !service_write_pid(conf->postern.pid_file)) {
        log_text(EVENT_pid_file_failed, "%s: %m", conf->postern.pid_file);
        return false;
    }
    parent->signal_fd = process_signals_open(signals, sizeof signals / sizeof *signals);
    parent->stats = session_stats_new(SESSION_STATS_RELAYS_MAX);
    parent->rejects = tls_rejects_new();
    parent->base = event_base_new();
    return parent->signal_fd >= 0 && parent->stats && parent->rejects && parent->base && open_log(parent);
}

static void run(struct parent *parent)
{
    parent->signals = event_new(parent->base, parent->signal_fd, EV_READ | EV_PERSIST, on_signal, parent);
    event_watch(parent->signals);
    parent_stop_prepare(parent);
    parent_alive_begin(parent);
    make_children(parent);
    parent_control_open(parent);
    parent_signatures_note(parent, &parent->config->conf);
    parent_signatures_watch(parent);
    start_children(parent, false);
    event_base_dispatch(parent->base);
    parent_control_close(parent);
    parent_signatures_unwatch(parent);
    while (!TAILQ_EMPTY(&parent->children))
        parent_children_remove(TAILQ_FIRST(&parent->children));
    event_free(parent->signals);
    parent_alive_end(parent);
    event_free(parent->stop.deadline);
}

static void clean_up(struct parent *parent)
{
    parent_listeners_close(parent, 0);
    if (parent->config != parent->setup->config)
        parent->setup->unload(&parent->config);
    session_stats_free(&parent->stats);
    tls_rejects_free(&parent->rejects);
    if (parent->setup->log)
        log_output_leave(parent->setup->log);
    if (parent->base)
        event_base_free(parent->base);
    if (parent->signal_fd >= 0)
        close(parent->signal_fd);
}

int parent_run(const struct parent_setup *setup)
{
    struct parent parent = {.setup = setup,
                            .handlers = &handlers,
                            .config = setup->config,
                            .signal_fd = -1,
                            .started_ms = process_clock_ms(),
                            .exit_status = EXIT_FAILURE};

    TAILQ_INIT(&parent.children);
    if (prepare(&parent)) {
        parent.exit_status = EXIT_SUCCESS;
        run(&parent);
        if (*setup->config->conf.postern.pid_file)
            service_remove_pid(setup->config->conf.postern.pid_file);
        log_text(EVENT_stopped, "all processes have ended");
    }
    clean_up(&parent);
    return parent.exit_status;
}
