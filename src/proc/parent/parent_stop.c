#include "proc/parent/parent_internal.h"

#include "sys/service.h"

/* timeout(1) and similar programs send a signal to a process and then to its group. Therefore two signals
 * within this time count as one. */
enum { SECOND_SIGNAL_MS = 1000 };

static void send_stop(struct parent *parent, bool relays)
{
    struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    if (child_is_relay(child) == relays)
        parent_children_send(child, IPC_STOP);
}

static bool is_any_left(const struct parent *parent, bool relays)
{
    const struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    if (child->pid > 0 && child_is_relay(child) == relays)
        return true;
    return false;
}

void parent_stop_advance(struct parent *parent)
{
    if (parent->state == STATE_STOPPING_RELAYS && !is_any_left(parent, true)) {
        parent->state = STATE_STOPPING_REST;
        send_stop(parent, false);
    }
    if (parent->state == STATE_STOPPING_REST && !is_any_left(parent, false))
        event_base_loopbreak(parent->base);
}

void parent_stop(struct parent *parent)
{
    parent->state = STATE_STOPPING_RELAYS;
    parent_change_drop(parent);
    service_notify("STOPPING=1");
    parent_listeners_close(parent, 0);
    event_add(parent->stop.deadline, &(struct timeval){PARENT_STOP_MS / 1000, 0});
    send_stop(parent, true);
    parent_stop_advance(parent);
}

static void kill_all(struct parent *parent)
{
    struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    parent_children_kill(child);
}

void parent_stop_requested(struct parent *parent)
{
    uint64_t now_ms = process_clock_ms();

    if (!parent_is_stopping(parent)) {
        parent->stop.requested_ms = now_ms;
        log_text(EVENT_stopping, "the messages in progress are finished first");
        parent_stop(parent);
    } else if (now_ms - parent->stop.requested_ms >= SECOND_SIGNAL_MS) {
        log_text_at(LOG_LEVEL_WARNING, EVENT_stopping, "a second signal: all processes are killed");
        kill_all(parent);
    }
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    log_text_at(LOG_LEVEL_WARNING, EVENT_stopping, "the deadline has passed: all processes are killed");
    kill_all(context);
}

void parent_stop_prepare(struct parent *parent)
{
    parent->stop.deadline = event_new(parent->base, -1, 0, on_deadline, parent);
}
