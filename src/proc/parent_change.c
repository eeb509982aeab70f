/* Processes are replaced by new ones while mail goes on [C3].
 *
 * The new ones that relays ask - scan with its engine, readers - are started beside the old ones; when all of
 * them are ready, new relays are. Until then nothing has changed for anybody, and if one of the new ones ends
 * before it is ready, they leave and the old ones stay. Then it is settled: relays of either kind are joined
 * to the processes that stay, told to ask the others nothing more, and those end when they owe nothing;
 * relays that go accept nobody more and end with their last session. The keeper comes last, for only one may
 * write to the quarantine: requests wait in the relays while the old one ends and the new one starts. On a
 * machine without room for two sets of signatures, scan and its engine are replaced that way too ([builtin]
 * reload = restart), and are started again with what was there if the new ones cannot run. */
#include "proc/parent_internal.h"

#include "base/log.h"

enum { SCANNERS = 1u << ROLE_SCAN | 1u << ROLE_CLAMAV };

static void finish(struct parent *parent)
{
    struct change *change = &parent->change;
    struct buf why_not = change->why_not;
    void (*ended)(struct parent *, struct span) = change->ended;

    if (change->config != parent->config)
        parent->setup->unload(&change->config);
    *change = (struct change){.phase = CHANGE_NONE};
    ended(parent, buf_span(&why_not));
    buf_fini(&why_not);
}

void parent_change_drop(struct parent *parent)
{
    struct change *change = &parent->change;

    if (change->phase == CHANGE_NONE)
        return;
    if (change->config != parent->config)
        parent->setup->unload(&change->config);
    buf_fini(&change->why_not);
    *change = (struct change){.phase = CHANGE_NONE};
}

static void start_new(struct parent *parent, enum role role)
{
    const struct change *change = &parent->change;
    unsigned count = parent_count(&change->config->conf, role);

    if (!(change->roles & 1u << role))
        return;
    for (unsigned number = 0; number < count; number++)
        parent_child_start(parent_child_add(parent, role, number, change->generation, change->config));
}

static bool are_new_ready(const struct parent *parent)
{
    const struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    if (is_new(child) && !child->is_ready)
        return false;
    return true;
}

static bool is_running(const struct child *child)
{
    return child->pid > 0 && child->ipc;
}

/* What relays ask, and what is settled at once. */
static bool is_support(const struct child *child)
{
    return !is_relay(child) && child->role != ROLE_KEEPER && child->parent->change.roles & 1u << child->role;
}

/* Relays that do not know the winners get to know them. */
static void introduce_winners(struct parent *parent, bool new_wins)
{
    struct child *relay, *other;

    TAILQ_FOREACH(relay, &parent->children, link)
    {
        if (!is_relay(relay) || !is_running(relay) || is_new(relay) == new_wins)
            continue;
        TAILQ_FOREACH(other, &parent->children, link)
        if (is_support(other) && is_running(other) && !other->is_leaving && is_new(other) == new_wins &&
            parent_are_peers(relay, other))
            parent_join(relay, other);
    }
}

static void tell_relays_to_leave(struct child *left)
{
    struct ipc_peer named = {.role = left->role, .index = left->index};
    struct child *relay;

    TAILQ_FOREACH(relay, &left->parent->children, link)
    if (is_relay(relay) && is_running(relay) && parent_are_peers(relay, left))
        ipc_send(relay->ipc, IPC_LEAVE, &named, -1);
}

/* Scan needs its engine up to its own end, and is of no use without it. */
static void end_partner(struct child *left)
{
    struct child *other;

    TAILQ_FOREACH(other, &left->parent->children, link)
    {
        if (!other->is_leaving || other->generation != left->generation)
            continue;
        if (left->role == ROLE_SCAN && other->role == ROLE_CLAMAV)
            parent_child_tell(other, IPC_STOP);
        else if (left->role == ROLE_CLAMAV && other->role == ROLE_SCAN)
            parent_child_kill(other);
    }
}

void parent_change_left(struct child *child)
{
    end_partner(child);
    parent_child_remove(child);
}

/* It has nothing in hand if it is new and was not ready yet. */
static void dismiss(struct child *child)
{
    if (is_relay(child)) {
        parent_child_tell(child, IPC_RETIRE);
        return;
    }
    tell_relays_to_leave(child);
    if (is_new(child) && !child->was_ready)
        parent_child_kill(child);
    else if (child->role != ROLE_CLAMAV)
        parent_child_tell(child, IPC_STOP);
}

static bool is_loser(const struct child *child, bool new_wins)
{
    return (is_relay(child) || is_support(child)) && child->parent->change.roles & 1u << child->role &&
           !child->is_leaving && is_new(child) != new_wins;
}

/* All leave before the first is told, so that each knows of its partner. */
static void dismiss_all(struct parent *parent)
{
    struct child *child, *next;

    TAILQ_FOREACH(child, &parent->children, link)
    child->is_leaving |= child->is_dismissed;
    for (child = TAILQ_FIRST(&parent->children); child; child = next) {
        next = TAILQ_NEXT(child, link);
        if (!child->is_dismissed)
            continue;
        child->is_dismissed = false;
        event_del(child->timer);
        if (child->pid == 0)
            parent_change_left(child);
        else
            dismiss(child);
    }
}

static void settle(struct parent *parent, bool new_wins)
{
    struct child *child;

    introduce_winners(parent, new_wins);
    TAILQ_FOREACH(child, &parent->children, link)
    child->is_dismissed = is_loser(child, new_wins);
    dismiss_all(parent);
}

/* What was drained is started again, with what there is: mail waits, and is asked for again, until that can
 * be used. */
static void refill(struct parent *parent)
{
    const struct conf *conf = &parent->config->conf;
    unsigned generation = ++parent->generations;

    if (!(parent->change.roles & 1u << ROLE_SCAN) || parent_child_current(parent, ROLE_SCAN))
        return;
    parent->change.phase = CHANGE_NONE; /* these are no part of it */
    parent_child_start(parent_child_add(parent, ROLE_SCAN, 0, generation, parent->config));
    for (unsigned number = 0; number < parent_count(conf, ROLE_CLAMAV); number++)
        parent_child_start(parent_child_add(parent, ROLE_CLAMAV, number, generation, parent->config));
}

static void fail(struct parent *parent, const char *why)
{
    struct change *change = &parent->change;

    if (change->why_not.n == 0)
        buf_add(&change->why_not, span_of(why));
    settle(parent, false);
    refill(parent);
    parent_listeners_close(parent, change->listeners_before);
    finish(parent);
}

void parent_change_failed(struct child *child)
{
    struct parent *parent = child->parent;
    struct buf why = {0};

    buf_add_format(&why,
                   "the new %s did not get ready: what it said itself is in the log; all stays as it was",
                   role_name(child->role));
    parent_child_remove(child);
    fail(parent, buf_c_str(&why));
    buf_fini(&why);
}

/* The old one finishes what it has; the new one waits for its end. */
static void begin_keeper(struct parent *parent)
{
    struct change *change = &parent->change;
    struct child *old = parent_child_current(parent, ROLE_KEEPER);

    if (old) {
        old->is_leaving = true;
        event_del(old->timer);
        tell_relays_to_leave(old);
        parent_child_tell(old, IPC_STOP);
        if (old->pid == 0)
            parent_child_remove(old);
    }
    parent_child_add(parent, ROLE_KEEPER, 0, change->generation, parent->config);
    change->phase = CHANGE_KEEPER;
    parent_change_advance(parent);
}

static void put_in_force(struct parent *parent, struct parent_config *config)
{
    struct parent_config *old = parent->config;

    parent->config = config;
    log_set_level(config->conf.postern.log_level);
    parent_listeners_prune(parent, &config->conf);
    parent_signatures_watch(parent);
    if (old != parent->setup->config)
        parent->setup->unload(&old);
}

static void take_over(struct parent *parent)
{
    struct change *change = &parent->change;

    settle(parent, true);
    if (change->config != parent->config)
        put_in_force(parent, change->config);
    if (change->roles & 1u << ROLE_KEEPER)
        begin_keeper(parent);
    else
        finish(parent);
}

static void begin_relays(struct parent *parent)
{
    struct change *change = &parent->change;

    if (!parent_listeners_open(parent, &change->config->conf, &change->why_not)) {
        fail(parent, "");
        return;
    }
    change->phase = CHANGE_RELAYS;
    start_new(parent, ROLE_RELAY);
}

static bool is_leaving_in(const struct parent *parent, unsigned roles)
{
    const struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    if (child->is_leaving && roles & 1u << child->role)
        return true;
    return false;
}

static void advance_keeper(struct parent *parent)
{
    struct child *keeper = parent_child_current(parent, ROLE_KEEPER);

    if (!keeper->starts && !is_leaving_in(parent, 1u << ROLE_KEEPER))
        parent_child_start(keeper);
    else if (keeper->is_ready)
        finish(parent);
    else if (keeper->backoff.count) {
        buf_add(&parent->change.why_not,
                SPAN("the new keeper has trouble: what it said itself is in the log"));
        finish(parent);
    }
}

static void begin_support(struct parent *parent)
{
    parent->change.phase = CHANGE_SUPPORT;
    start_new(parent, ROLE_READER);
    start_new(parent, ROLE_SCAN);
    start_new(parent, ROLE_CLAMAV);
}

void parent_change_advance(struct parent *parent)
{
    struct change *change = &parent->change;

    switch (change->phase) {
    case CHANGE_NONE: break;
    case CHANGE_DRAINING:
        if (!is_leaving_in(parent, SCANNERS))
            begin_support(parent);
        break;
    case CHANGE_SUPPORT:
        if (!are_new_ready(parent))
            break;
        if (change->roles & 1u << ROLE_RELAY)
            begin_relays(parent);
        else
            take_over(parent);
        break;
    case CHANGE_RELAYS:
        if (are_new_ready(parent))
            take_over(parent);
        break;
    case CHANGE_KEEPER: advance_keeper(parent); break;
    }
}

/* Relays keep what they would ask until there is a scan again. */
static void drain(struct parent *parent)
{
    struct child *child;

    parent->change.phase = CHANGE_DRAINING;
    TAILQ_FOREACH(child, &parent->children, link)
    child->is_dismissed = !child->is_leaving && SCANNERS & 1u << child->role;
    dismiss_all(parent);
    parent_change_advance(parent);
}

void parent_change_begin(struct parent *parent, unsigned roles, struct parent_config *config,
                         void (*ended)(struct parent *parent, struct span error))
{
    parent->change = (struct change){.phase = CHANGE_SUPPORT,
                                     .roles = roles,
                                     .generation = ++parent->generations,
                                     .config = config,
                                     .listeners_before = parent->listener_count,
                                     .ended = ended};
    if (config != parent->config)
        parent_raise_limits(&config->conf);
    if (config->conf.builtin.reload == RELOAD_RESTART && parent_child_current(parent, ROLE_CLAMAV))
        drain(parent);
    else
        begin_support(parent);
}
