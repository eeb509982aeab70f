#include "gateway/apply/gateway_remove.h"

#include "gateway/kernel/gateway_kernel.h"
#include "gateway/apply/gateway_settings.h"
#include "gateway/apply/gateway_state.h"
#include "gateway/kernel/gateway_table.h"

#include <unistd.h>

struct removal {
    struct gateway_state state;
    bool has_failed, has_removed;
};

/* Appends to *error, because several steps may fail. */
static void fail(struct removal *removal, const struct buf *why, struct buf *error)
{
    if (error->n)
        buf_add(error, SPAN("; "));
    buf_add(error, buf_span(why));
    removal->has_failed = true;
}

static void remove_table(struct removal *removal, struct buf *error)
{
    struct buf text = {0}, why = {0};
    bool is_gone = gateway_table_text(&text, &why);

    if (is_gone && text.n) {
        is_gone = gateway_table_replace(SPAN(""), &why);
        removal->has_removed = true;
    }
    if (!is_gone)
        fail(removal, &why, error);
    buf_fini(&text);
    buf_fini(&why);
}

static void run_batch(struct removal *removal, struct gateway_batch *batch, struct buf *error)
{
    struct buf why = {0};

    removal->has_removed = removal->has_removed || batch->lines[0].n || batch->lines[1].n;
    if (!gateway_batch_run(batch, &why))
        fail(removal, &why, error);
    buf_fini(&why);
}

/* Removes rules before routes, in the reverse order of apply. */
static void remove_routing(struct removal *removal, struct buf *error)
{
    const struct gateway_state *state = &removal->state;
    struct gateway_batch rules = {0}, routes = {0};
    struct gateway_kernel kernel;
    struct buf why = {0};

    if (!gateway_kernel_read(&kernel, &why))
        fail(removal, &why, error);
    for (size_t i = 0; i < state->rule_count; i++)
        if (gateway_kernel_has_rule(&kernel, &state->rules[i]))
            gateway_batch_rule(&rules, &state->rules[i], "del");
    for (size_t i = 0; i < state->route_count; i++)
        if (gateway_kernel_has_route(&kernel, &state->routes[i]))
            gateway_batch_route(&routes, &state->routes[i], "del");
    run_batch(removal, &rules, error);
    run_batch(removal, &routes, error);
    gateway_kernel_fini(&kernel);
    buf_fini(&why);
}

static void restore_settings(struct removal *removal, struct buf *error)
{
    struct buf why = {0};

    if (!gateway_settings_restore_ours(&removal->state, NULL, &why))
        fail(removal, &why, error);
    buf_fini(&why);
}

static void forget(struct removal *removal, const char *directory, struct buf *error)
{
    struct buf why = {0};

    removal->has_removed = removal->has_removed || removal->state.exists;
    if (!removal->has_failed && !gateway_state_forget(directory, &why))
        fail(removal, &why, error);
    buf_fini(&why);
}

static void add_plan(struct gateway_state *state, const struct gateway_plan *plan)
{
    for (size_t i = 0; plan && i < plan->rule_count; i++)
        gateway_state_add_rule(state, &plan->rules[i]);
    for (size_t i = 0; plan && i < plan->route_count; i++)
        gateway_state_add_route(state, &plan->routes[i]);
}

/* While the journal is incomplete, the watch repairs nothing, even if this process is killed. If the journal
 * cannot be written here, only the lock keeps the watch from repairing, until this process ends. */
static void mark_incomplete(struct removal *removal, const char *directory)
{
    struct buf ignored = {0};

    if (removal->state.exists && removal->state.is_complete) {
        removal->state.is_complete = false;
        gateway_state_save(directory, &removal->state, &ignored);
    }
    buf_fini(&ignored);
}

static void remove_all(struct removal *removal, const char *directory, struct buf *error)
{
    mark_incomplete(removal, directory);
    remove_table(removal, error);
    remove_routing(removal, error);
    restore_settings(removal, error);
    forget(removal, directory, error);
}

enum gateway_removed gateway_remove(const char *directory, const struct gateway_plan *plan,
                                    struct problems *warnings, struct buf *error)
{
    int lock = gateway_state_lock(directory, GATEWAY_PATIENCE_MS, error);
    struct removal removal = {.has_failed = lock < 0};

    if (lock >= 0 && gateway_state_load(directory, &removal.state, error)) {
        if (!removal.state.exists)
            add_plan(&removal.state, plan);
        gateway_settings_report_gone(&removal.state, warnings);
        remove_all(&removal, directory, error);
    } else {
        removal.has_failed = true;
    }
    gateway_state_fini(&removal.state);
    if (lock >= 0)
        close(lock);
    return removal.has_failed    ? GATEWAY_REMOVE_FAILED
           : removal.has_removed ? GATEWAY_REMOVE_DONE
                                 : GATEWAY_REMOVE_NOTHING;
}
