#include "proc/parent_control.h"

#include "base/buf.h"
#include "net/address.h"
#include "net/listen.h"
#include "sys/privileges.h"
#include "sys/service.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { DESCRIPTORS_SPARE = 256, SESSIONS_UNLIMITED = 100000 };

static void start_children(struct parent *parent, bool is_late)
{
    for (size_t i = 0; i < parent->count; i++)
        if (row_of(&parent->children[i])->is_late == is_late)
            parent_child_start(&parent->children[i]);
}

static bool are_ready(const struct parent *parent, bool is_late)
{
    for (size_t i = 0; i < parent->count; i++)
        if (row_of(&parent->children[i])->is_late == is_late && !parent->children[i].is_ready)
            return false;
    return true;
}

/* The service is up when the relays are; they start when all that they need is. */
void parent_advance(struct parent *parent)
{
    bool are_late_started = false;

    if (parent->state != STATE_STARTING || !are_ready(parent, false))
        return;
    for (size_t i = 0; i < parent->count; i++)
        are_late_started |= row_of(&parent->children[i])->is_late && parent->children[i].started_ms;
    if (!are_late_started)
        start_children(parent, true);
    if (!are_ready(parent, true))
        return;
    parent->state = STATE_RUNNING;
    log_text(LOG_LEVEL_INFO, "started", "ready for sessions");
    service_notify("READY=1");
}

static void reap(struct parent *parent)
{
    struct process_end end;

    while (process_reap(&end))
        for (size_t i = 0; i < parent->count; i++)
            if (parent->children[i].pid == end.pid) {
                parent_child_ended(&parent->children[i], &end);
                break;
            }
}

static void on_signal(evutil_socket_t fd, short what, void *context)
{
    int signal;

    while ((signal = process_signals_next(fd)) != 0) {
        if (signal == SIGCHLD)
            reap(context);
        else if (signal == SIGHUP)
            log_text(LOG_LEVEL_WARNING, "reload_refused", "a changed configuration needs a restart");
        else
            parent_stop_asked(context);
    }
}

static bool open_listeners(struct parent *parent)
{
    const struct conf *conf = parent->setup->conf;
    size_t relays = parent_count(conf, ROLE_RELAY), addresses = conf->pop3.listen.n;
    bool is_transparent = conf->pop3.interception == INTERCEPTION_TPROXY;
    char text[ADDRESS_TEXT_SIZE];

    parent->listeners = mem_alloc_zero((relays * addresses + 1) * sizeof *parent->listeners);
    for (size_t i = 0; i < relays * addresses; i++) {
        const union conf_address *address = &conf->pop3.listen.at[i % addresses];
        int fd = listen_open(address, is_transparent);

        if (fd < 0) {
            address_format(&address->any, text);
            log_text(LOG_LEVEL_ERROR, "listen_failed", "cannot listen on %s: %m", text);
            return false;
        }
        parent->listeners[parent->listener_count++] = fd;
    }
    return true;
}

/* In the order in which they are started. */
static void make_children(struct parent *parent)
{
    static const enum role order[] = {ROLE_KEEPER, ROLE_READER, ROLE_SCAN, ROLE_CLAMAV, ROLE_RELAY};
    size_t room = 0;

    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        room += parent_count(parent->setup->conf, order[i]);
    parent->children = mem_alloc_zero(room * sizeof *parent->children);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (unsigned index = 0; index < parent_count(parent->setup->conf, order[i]); index++) {
            struct child *child = &parent->children[parent->count++];

            *child = (struct child){.parent = parent, .role = order[i], .index = index};
            child->timer = event_new(parent->base, -1, 0, parent_child_on_timer, child);
        }
}

static void make_events(struct parent *parent)
{
    parent->signals = event_new(parent->base, parent->signal_fd, EV_READ | EV_PERSIST, on_signal, parent);
    parent->deadline = event_new(parent->base, -1, 0, parent_stop_on_deadline, parent);
    event_add(parent->signals, NULL);
}

/* Children inherit the limit: a relay needs two sockets and a spool a session, scan and readers a message
 * each. */
static void raise_limits(const struct parent *parent)
{
    unsigned sessions = parent->setup->conf->pop3.max_sessions;
    unsigned wanted = (sessions ? sessions : SESSIONS_UNLIMITED) * 3 + DESCRIPTORS_SPARE;
    unsigned now = privileges_raise_files(wanted);

    if (now < wanted)
        log_text(LOG_LEVEL_WARNING, "limit_low", "%u open files allowed, max_sessions may need %u", now,
                 wanted);
}

static bool prepare(struct parent *parent)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    const struct conf *conf = parent->setup->conf;

    if (!process_hold_standard())
        return false;
    signal(SIGPIPE, SIG_IGN); /* a log that nobody reads any more is no reason to end */
    raise_limits(parent);
    if (!open_listeners(parent))
        return false;
    if (*conf->postern.pid_file && !service_write_pid(conf->postern.pid_file)) {
        log_text(LOG_LEVEL_ERROR, "pid_file_failed", "%s: %m", conf->postern.pid_file);
        return false;
    }
    parent->signal_fd = process_signals_open(signals, sizeof signals / sizeof *signals);
    parent->census = census_new(parent_count(conf, ROLE_RELAY));
    parent->base = event_base_new();
    return parent->signal_fd >= 0 && parent->census && parent->base;
}

static void run(struct parent *parent)
{
    make_events(parent);
    make_children(parent);
    parent_control_open(parent);
    start_children(parent, false);
    event_base_dispatch(parent->base);
    parent_control_close(parent);
    for (size_t i = 0; i < parent->count; i++) {
        ipc_free(&parent->children[i].ipc);
        event_free(parent->children[i].timer);
    }
    free(parent->children);
    event_free(parent->signals);
    event_free(parent->deadline);
}

static void clean_up(struct parent *parent)
{
    parent_close_listeners(parent);
    census_free(&parent->census);
    if (parent->base)
        event_base_free(parent->base);
    if (parent->signal_fd >= 0)
        close(parent->signal_fd);
}

int parent_run(const struct parent_setup *setup)
{
    struct parent parent = {
        .setup = setup, .signal_fd = -1, .started_ms = process_clock_ms(), .exit_status = EXIT_FAILURE};

    if (prepare(&parent)) {
        parent.exit_status = EXIT_SUCCESS;
        run(&parent);
        if (*setup->conf->postern.pid_file)
            service_remove_pid(setup->conf->postern.pid_file);
        log_text(LOG_LEVEL_INFO, "stopped", "all processes have ended");
    }
    clean_up(&parent);
    return parent.exit_status;
}
