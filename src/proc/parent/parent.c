#include "proc/parent/parent_control.h"

#include "base/buf.h"
#include "proc/parent/child_start.h"
#include "sys/directory_watch.h"
#include "sys/privileges.h"
#include "sys/service.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { DESCRIPTORS_SPARE = 256, SESSIONS_UNLIMITED = 100000 };

static void start_children(struct parent *parent, bool relays)
{
    struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    if (is_relay(child) == relays)
        parent_child_start(child);
}

static bool are_ready(const struct parent *parent, bool relays)
{
    const struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    if (is_relay(child) == relays && !child->is_ready)
        return false;
    return true;
}

void parent_go_on(struct parent *parent)
{
    parent_reload_start(parent);
    parent_signatures_start(parent);
}

/* The service is up when the relays are; they start when all that they need is. */
void parent_advance(struct parent *parent)
{
    bool are_relays_started = false;
    const struct child *child;

    if (parent->state != STATE_STARTING || !are_ready(parent, false))
        return;
    TAILQ_FOREACH(child, &parent->children, link)
    are_relays_started |= is_relay(child) && child->started_ms;
    if (!are_relays_started)
        start_children(parent, true);
    if (!are_ready(parent, true))
        return;
    parent->state = STATE_RUNNING;
    log_text(EVENT_started, "ready for sessions");
    service_notify("READY=1");
    parent_go_on(parent);
}

static struct child *find_by_pid(struct parent *parent, pid_t pid)
{
    struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    if (child->pid == pid)
        return child;
    return NULL;
}

static void reap(struct parent *parent)
{
    struct process_end end;

    while (process_reap(&end)) {
        struct child *child = find_by_pid(parent, end.pid);

        if (child)
            parent_child_ended(child, &end);
    }
}

static void on_signal(evutil_socket_t fd, short what, void *context)
{
    int signal;

    while ((signal = process_signals_next(fd)) != 0) {
        if (signal == SIGCHLD)
            reap(context);
        else if (signal == SIGHUP)
            parent_reload_ask(context);
        else
            parent_stop_asked(context);
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

/* In the order in which they are started. */
static void make_children(struct parent *parent)
{
    static const enum role order[] = {ROLE_KEEPER, ROLE_READER, ROLE_SCAN, ROLE_CLAMAV, ROLE_RELAY};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (unsigned number = 0; number < parent_count(&parent->config->conf, order[i]); number++)
            parent_child_add(parent, order[i], number, 0, parent->config);
}

static void make_events(struct parent *parent)
{
    uint64_t watchdog_ms = service_watchdog_ms();

    parent->signals = event_new(parent->base, parent->signal_fd, EV_READ | EV_PERSIST, on_signal, parent);
    parent->deadline = event_new(parent->base, -1, 0, parent_stop_on_deadline, parent);
    parent->tick = event_new(parent->base, -1, EV_PERSIST, parent_alive_tick, parent);
    event_add(parent->signals, NULL);
    event_add(parent->tick, &(struct timeval){LIVENESS_TICK_MS / 1000, LIVENESS_TICK_MS % 1000 * 1000});
    if (watchdog_ms) {
        parent->watchdog = event_new(parent->base, -1, EV_PERSIST, parent_alive_watchdog, parent);
        event_add(parent->watchdog, &(struct timeval){(time_t)(watchdog_ms / 2000),
                                                      (suseconds_t)(watchdog_ms / 2 % 1000 * 1000)});
    }
}

/* Children inherit the limit: a relay needs two sockets and a spool a session, scan and readers a message
 * each. */
void parent_raise_limits(const struct conf *conf)
{
    unsigned sessions = conf->listeners[PROTOCOL_POP3].max_sessions;
    unsigned wanted = (sessions ? sessions : SESSIONS_UNLIMITED) * 3 + DESCRIPTORS_SPARE;
    unsigned now = privileges_raise_files(wanted);

    if (now < wanted)
        log_text(EVENT_limit_low, "%u open files allowed, max_sessions may need %u", now, wanted);
}

/* False: there is no such user. */
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

    signal(SIGPIPE, SIG_IGN); /* a log that nobody reads any more is no reason to end */
    parent_raise_limits(&parent->config->conf);
    if (!open_listeners(parent))
        return false;
    if (*conf->postern.pid_file && !service_write_pid(conf->postern.pid_file)) {
        log_text(EVENT_pid_file_failed, "%s: %m", conf->postern.pid_file);
        return false;
    }
    parent->signal_fd = process_signals_open(signals, sizeof signals / sizeof *signals);
    parent->stats = session_stats_new(SESSION_STATS_RELAYS_MAX);
    parent->base = event_base_new();
    return parent->signal_fd >= 0 && parent->stats && parent->base && open_log(parent);
}

static void run(struct parent *parent)
{
    make_events(parent);
    make_children(parent);
    parent_control_open(parent);
    parent_signatures_note(parent, &parent->config->conf);
    parent_signatures_watch(parent);
    start_children(parent, false);
    event_base_dispatch(parent->base);
    parent_control_close(parent);
    directory_watch_free(&parent->watch);
    while (!TAILQ_EMPTY(&parent->children))
        parent_child_remove(TAILQ_FIRST(&parent->children));
    event_free(parent->signals);
    event_free(parent->tick);
    if (parent->watchdog)
        event_free(parent->watchdog);
    event_free(parent->deadline);
}

static void clean_up(struct parent *parent)
{
    parent_listeners_close(parent, 0);
    if (parent->config != parent->setup->config)
        parent->setup->unload(&parent->config);
    session_stats_free(&parent->stats);
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
