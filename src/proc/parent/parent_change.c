/* Replaces the processes of some roles by new ones while mail continues [C3].
 *
 *   1. New readers, scan, engine, signer and page are started beside the old ones.
 *   2. When all of them are ready, new relays are started.
 *   3. When these are ready, the change is committed. All relays, old and new, are connected to the
 *      processes that stay (parent_join.c). The replaced processes leave (parent_drain.c).
 *   4. When the old keeper has ended, the new one is started, because only one process may write to the
 *      quarantine. Meanwhile requests wait in the relays.
 *
 * The change fails if in step 1 or 2 a new process ends before it is ready, or if a listening socket cannot
 * be opened. Then all new processes leave, and the old ones continue.
 *
 * [builtin] reload = restart is for machines without memory for two sets of signatures. Then the old scan and
 * engine end before step 1. If the change fails, scan and engine are started again under the old
 * configuration. */
#include "proc/parent/child_start.h"
#include "proc/parent/parent_internal.h"

#include "base/log.h"

enum { SCANNERS = 1u << ROLE_SCAN | 1u << ROLE_CLAMAV };

static void finish(struct parent *parent)
{
    struct change *change = &parent->change;
    struct buf failure = change->failure;
    void (*ended)(struct parent *, struct span) = change->ended;

    if (change->config != parent->config)
        parent->setup->unload(&change->config);
    *change = (struct change){.phase = CHANGE_NONE};
    ended(parent, buf_span(&failure));
    buf_fini(&failure);
    parent->handlers->change_over(parent);
}

void parent_change_drop(struct parent *parent)
{
    struct change *change = &parent->change;

    if (change->phase == CHANGE_NONE)
        return;
    if (change->config != parent->config)
        parent->setup->unload(&change->config);
    buf_fini(&change->failure);
    *change = (struct change){.phase = CHANGE_NONE};
}

static void start_new(struct parent *parent, enum role role)
{
    const struct change *change = &parent->change;
    unsigned count = role_count(&change->config->conf, role);

    if (!(change->roles & 1u << role))
        return;
    for (unsigned number = 0; number < count; number++)
        parent_child_start(parent_child_add(parent, role, number, change->generation, change->config));
}

static bool are_new_ready(const struct parent *parent)
{
    const struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    if (child_is_new(child) && !child->is_ready)
        return false;
    return true;
}

/* Connects the processes that stay, and lets the others leave. Only the keeper is replaced later. */
static void settle_peers(struct parent *parent, bool new_stay)
{
    parent_join_staying(parent, new_stay);
    parent_drain_begin(parent, parent->change.roles & ~(1u << ROLE_KEEPER), !new_stay);
}

/* If scan and its engine were drained, starts them again under the current configuration. Messages wait until
 * both are ready. */
static void restart_scan(struct parent *parent)
{
    const struct conf *conf = &parent->config->conf;
    unsigned generation = ++parent->generations;

    if (!(parent->change.roles & 1u << ROLE_SCAN) || parent_children_current(parent, ROLE_SCAN))
        return;
    parent->change.phase = CHANGE_NONE; /* these processes are not part of the change */
    parent_child_start(parent_child_add(parent, ROLE_SCAN, 0, generation, parent->config));
    for (unsigned number = 0; number < role_count(conf, ROLE_CLAMAV); number++)
        parent_child_start(parent_child_add(parent, ROLE_CLAMAV, number, generation, parent->config));
}

static void fail(struct parent *parent, const char *why)
{
    struct change *change = &parent->change;

    if (change->failure.n == 0)
        buf_add(&change->failure, span_of(why));
    settle_peers(parent, false);
    restart_scan(parent);
    parent_listeners_close(parent, change->listeners_before);
    finish(parent);
}

void parent_change_failed(struct child *child)
{
    struct parent *parent = child->parent;
    struct buf why = {0};

    buf_add_format(&why,
                   "the new %s did not become ready (its own messages are in the log); the change is undone",
                   role_name(child->role));
    parent_children_remove(child);
    fail(parent, buf_c_str(&why));
    buf_fini(&why);
}

/* Lets the old keeper leave. advance_keeper starts the new one when the old one has ended. */
static void begin_keeper(struct parent *parent)
{
    struct change *change = &parent->change;

    parent_drain_begin(parent, 1u << ROLE_KEEPER, false);
    parent_child_add(parent, ROLE_KEEPER, 0, change->generation, parent->config);
    change->phase = CHANGE_KEEPER;
    parent_change_advance(parent);
}

static void use_config(struct parent *parent, struct parent_config *config)
{
    struct parent_config *old = parent->config;

    parent->config = config;
    log_set_level(config->conf.postern.log_level);
    parent_listeners_prune(parent, &config->conf);
    if (old != parent->setup->config)
        parent->setup->unload(&old);
}

static void commit(struct parent *parent)
{
    struct change *change = &parent->change;

    settle_peers(parent, true);
    if (change->config != parent->config)
        use_config(parent, change->config);
    if (change->roles & 1u << ROLE_KEEPER)
        begin_keeper(parent);
    else
        finish(parent);
}

static void begin_relays(struct parent *parent)
{
    struct change *change = &parent->change;

    if (!parent_listeners_open(parent, &change->config->conf, &change->failure)) {
        fail(parent, "");
        return;
    }
    change->phase = CHANGE_RELAYS;
    start_new(parent, ROLE_RELAY);
}

static bool is_any_leaving(const struct parent *parent, unsigned roles)
{
    const struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    if (child->is_leaving && roles & 1u << child->role)
        return true;
    return false;
}

static void advance_keeper(struct parent *parent)
{
    struct child *keeper = parent_children_current(parent, ROLE_KEEPER);

    if (!keeper->starts && !is_any_leaving(parent, 1u << ROLE_KEEPER))
        parent_child_start(keeper);
    else if (keeper->is_ready)
        finish(parent);
    else if (keeper->backoff.count) {
        buf_add(&parent->change.failure, SPAN("the new keeper has failed; its own messages are in the log"));
        finish(parent);
    }
}

static void begin_support(struct parent *parent)
{
    parent->change.phase = CHANGE_SUPPORT;
    start_new(parent, ROLE_READER);
    start_new(parent, ROLE_SIGNER);
    start_new(parent, ROLE_PAGE);
    start_new(parent, ROLE_SCAN);
    start_new(parent, ROLE_CLAMAV);
}

void parent_change_advance(struct parent *parent)
{
    struct change *change = &parent->change;

    switch (change->phase) {
    case CHANGE_NONE: break;
    case CHANGE_DRAINING:
        if (!is_any_leaving(parent, SCANNERS))
            begin_support(parent);
        break;
    case CHANGE_SUPPORT:
        if (!are_new_ready(parent))
            break;
        if (change->roles & 1u << ROLE_RELAY)
            begin_relays(parent);
        else
            commit(parent);
        break;
    case CHANGE_RELAYS:
        if (are_new_ready(parent))
            commit(parent);
        break;
    case CHANGE_KEEPER: advance_keeper(parent); break;
    }
}

/* Lets scan and its engine leave before the new ones start. Meanwhile requests wait in the relays. */
static void drain(struct parent *parent)
{
    parent->change.phase = CHANGE_DRAINING;
    parent_drain_begin(parent, SCANNERS, false);
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
        child_raise_limits(&config->conf);
    if (config->conf.builtin.reload == RELOAD_RESTART && parent_children_current(parent, ROLE_CLAMAV))
        drain(parent);
    else
        begin_support(parent);
}
