/* Signs of life. Every second the parent asks each READY process for a sign of life, unless the last answer
 * is still outstanding. It also sends signs of its own life to the service manager. A process that is hung is
 * killed, and then handled like one that has died. */
#include "proc/parent/parent_internal.h"

#include "base/log.h"
#include "sys/service.h"

static void log_hung(const struct child *child, const struct liveness_sample *sample)
{
    char state[2] = {sample->state ? sample->state : '?'};
    struct log_line line;

    log_begin(&line, EVENT_child_hung);
    log_string(&line, "role", role_name(child->role));
    log_number(&line, "index", child->index);
    log_number(&line, "pid", (uint64_t)child->pid);
    log_string(&line, "state", state);
    log_number(&line, "silent_s", child->liveness.silent_s);
    log_string(&line, "text", "no sign of life: the process is killed and restarted");
    log_end(&line);
}

/* If the process may be hung, reads its state from the kernel. */
static struct liveness_sample read_state(const struct child *child)
{
    struct liveness_sample sample = {0};

    if (child->liveness.is_asked || !child->is_ready)
        sample.state = process_state(child->pid, &sample.cpu_ms);
    return sample;
}

static void tick_child(struct child *child)
{
    unsigned own_max_s = child_row(child)->silent_max_s;
    struct liveness_sample sample = read_state(child);
    bool was_asked = child->liveness.is_asked;

    switch (liveness_tick(&child->liveness, &sample, child->is_ready,
                          own_max_s ? own_max_s : LIVENESS_SILENT_S)) {
    case LIVENESS_FINE:
        if (child->is_ready && !was_asked)
            parent_children_send(child, IPC_PING);
        break;
    case LIVENESS_SILENT: break;
    case LIVENESS_HUNG:
        log_hung(child, &sample);
        parent_children_kill(child);
        child->liveness = (struct liveness){0};
        break;
    }
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct parent *parent = context;
    uint64_t now_ms = process_clock_ms();
    bool is_late = liveness_is_late(parent->alive.ticked_ms, now_ms);
    struct child *child;

    log_report_lost();
    parent->alive.ticked_ms = now_ms;
    if (is_late)
        return;
    TAILQ_FOREACH(child, &parent->children, link)
    if (child_is_running(child))
        tick_child(child);
}

void parent_alive_answered(struct child *child, struct ipc *ipc)
{
    if (!liveness_answered(&child->liveness))
        ipc_violation(ipc, "an unexpected sign of life");
}

static void on_watchdog(evutil_socket_t fd, short what, void *context)
{
    service_notify("WATCHDOG=1");
}

void parent_alive_begin(struct parent *parent)
{
    uint64_t watchdog_ms = service_watchdog_ms();

    parent->alive.tick = event_new(parent->base, -1, EV_PERSIST, on_tick, parent);
    event_add(parent->alive.tick, &(struct timeval){LIVENESS_TICK_MS / 1000, LIVENESS_TICK_MS % 1000 * 1000});
    if (watchdog_ms) {
        parent->alive.watchdog = event_new(parent->base, -1, EV_PERSIST, on_watchdog, parent);
        event_add(parent->alive.watchdog, &(struct timeval){(time_t)(watchdog_ms / 2000),
                                                            (suseconds_t)(watchdog_ms / 2 % 1000 * 1000)});
    }
}

void parent_alive_end(struct parent *parent)
{
    event_free(parent->alive.tick);
    if (parent->alive.watchdog)
        event_free(parent->alive.watchdog);
}
