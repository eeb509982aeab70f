#include "gateway/apply/gateway_steps.h"

#include "gateway/kernel/gateway_flows.h"
#include "gateway/apply/gateway_settings.h"
#include "gateway/kernel/gateway_table.h"

static const char *directory_of(const struct gateway_work *work)
{
    return work->gateway->conf->postern.runtime_directory;
}

static bool begin_journal(struct gateway_work *work, struct buf *error)
{
    return gateway_state_save(directory_of(work), &work->intent, error);
}

static bool return_journal(struct gateway_work *work, struct buf *error)
{
    return work->earlier.exists ? gateway_state_save(directory_of(work), &work->earlier, error)
                                : gateway_state_forget(directory_of(work), error);
}

static bool write_settings(struct gateway_work *work, struct buf *error)
{
    return gateway_settings_write(work->gateway->plan, false, error);
}

static bool enable_forwarding(struct gateway_work *work, struct buf *error)
{
    return gateway_settings_write(work->gateway->plan, true, error);
}

static bool return_settings(struct gateway_work *work, struct buf *error)
{
    return gateway_settings_restore_all(&work->now, error);
}

/* If there is an earlier journal, the routing tables are already ours. Then the verb is "replace", because
 * another program may have replaced a route of ours. */
static bool add_routes(struct gateway_work *work, struct buf *error)
{
    const struct gateway_plan *plan = work->gateway->plan;
    const char *verb = work->earlier.exists ? "replace" : "add";
    struct gateway_batch batch = {0};

    for (size_t i = 0; i < plan->route_count; i++)
        if (!gateway_kernel_has_route(&work->kernel, &plan->routes[i]))
            gateway_batch_route(&batch, &plan->routes[i], verb);
    return gateway_batch_run(&batch, error);
}

static bool add_rules(struct gateway_work *work, struct buf *error)
{
    const struct gateway_plan *plan = work->gateway->plan;
    struct gateway_batch batch = {0};

    for (size_t i = 0; i < plan->rule_count; i++)
        if (!gateway_kernel_has_rule(&work->kernel, &plan->rules[i]))
            gateway_batch_rule(&batch, &plan->rules[i], "add");
    return gateway_batch_run(&batch, error);
}

/* Undoes changes of rules. If `add`, adds the rules that were found at the beginning and are missing now.
 * Otherwise removes the rules that exist now, and were not found at the beginning. */
static void restore_rules(const struct gateway_work *work, const struct gateway_kernel *now, bool add,
                          struct gateway_batch *batch)
{
    for (size_t i = 0; i < work->intent.rule_count; i++) {
        const struct gateway_rule *rule = &work->intent.rules[i];

        if (gateway_kernel_has_rule(&work->kernel, rule) == add && gateway_kernel_has_rule(now, rule) != add)
            gateway_batch_rule(batch, rule, add ? "add" : "del");
    }
}

static void restore_routes(const struct gateway_work *work, const struct gateway_kernel *now, bool add,
                           struct gateway_batch *batch)
{
    for (size_t i = 0; i < work->intent.route_count; i++) {
        const struct gateway_route *route = &work->intent.routes[i];

        if (gateway_kernel_has_route(&work->kernel, route) == add &&
            gateway_kernel_has_route(now, route) != add)
            gateway_batch_route(batch, route, add ? "add" : "del");
    }
}

/* Undoes all changes of rules and routes so far. Removes before it adds, because a new route may have
 * replaced an old one. */
static bool return_routing(struct gateway_work *work, struct buf *error)
{
    struct gateway_kernel now;
    struct gateway_batch batch = {0};
    bool is_read = gateway_kernel_read(&now, error);

    for (int add = 0; is_read && add < 2; add++) {
        restore_rules(work, &now, add, &batch);
        restore_routes(work, &now, add, &batch);
    }
    gateway_kernel_fini(&now);
    return gateway_batch_run(&batch, error) && is_read;
}

/* The new table keeps the connections that the earlier one remembers. */
static bool load_table(struct gateway_work *work, struct buf *error)
{
    struct buf statements = {0};
    json_t *earlier = NULL;
    bool is_loaded;

    if (work->has_planned_table)
        return true;
    buf_add(&statements, buf_span(&work->gateway->plan->nft));
    is_loaded = gateway_table_read(&earlier, error);
    gateway_flows_print(earlier, work->gateway->conf, &statements);
    is_loaded = is_loaded && gateway_table_replace(buf_span(&statements), error);
    json_decref(earlier);
    buf_fini(&statements);
    return is_loaded;
}

static bool return_table(struct gateway_work *work, struct buf *error)
{
    return work->has_planned_table || gateway_table_replace(buf_span(&work->table), error);
}

static bool is_planned_rule(const struct gateway_plan *plan, const struct gateway_rule *rule)
{
    for (size_t i = 0; i < plan->rule_count; i++)
        if (gateway_rule_equals(&plan->rules[i], rule))
            return true;
    return false;
}

static bool is_planned_route(const struct gateway_plan *plan, const struct gateway_route *route)
{
    for (size_t i = 0; i < plan->route_count; i++)
        if (gateway_route_equals(&plan->routes[i], route))
            return true;
    return false;
}

/* Removes the rules and routes of an earlier plan that are not in the new plan. Restores the settings of the
 * earlier plan that the new plan does not affect. An old route that a new one has replaced no longer exists,
 * and is left out. */
static bool remove_leftovers(struct gateway_work *work, struct buf *error)
{
    const struct gateway_state *earlier = &work->earlier;
    const struct gateway_plan *plan = work->gateway->plan;
    struct gateway_batch batch = {0};
    struct gateway_kernel now;
    bool is_read = gateway_kernel_read(&now, error);

    for (size_t i = 0; is_read && i < earlier->rule_count; i++)
        if (!is_planned_rule(plan, &earlier->rules[i]) && gateway_kernel_has_rule(&now, &earlier->rules[i]))
            gateway_batch_rule(&batch, &earlier->rules[i], "del");
    for (size_t i = 0; is_read && i < earlier->route_count; i++)
        if (!is_planned_route(plan, &earlier->routes[i]) &&
            gateway_kernel_has_route(&now, &earlier->routes[i]))
            gateway_batch_route(&batch, &earlier->routes[i], "del");
    gateway_kernel_fini(&now);
    return gateway_batch_run(&batch, error) && is_read && gateway_settings_restore_ours(earlier, plan, error);
}

static bool return_leftovers(struct gateway_work *work, struct buf *error)
{
    return return_routing(work, error) && return_settings(work, error);
}

static bool end_journal(struct gateway_work *work, struct buf *error)
{
    const struct gateway_plan *plan = work->gateway->plan;
    struct gateway_state done = {.exists = true, .is_complete = true};
    bool is_saved;

    for (size_t i = 0; i < work->intent.rule_count; i++)
        if (is_planned_rule(plan, &work->intent.rules[i]))
            gateway_state_add_rule(&done, &work->intent.rules[i]);
    for (size_t i = 0; i < work->intent.route_count; i++)
        if (is_planned_route(plan, &work->intent.routes[i]))
            gateway_state_add_route(&done, &work->intent.routes[i]);
    buf_add(&done.table, buf_span(&plan->nft));
    gateway_settings_settle(&work->intent, plan, &done);
    is_saved = gateway_state_save(directory_of(work), &done, error);
    gateway_state_fini(&done);
    return is_saved;
}

/* Undoes end_journal: while the other steps are undone, the journal must list everything that may be left.
 * Ignores a failure: if the journal cannot be written now, end_journal normally could not write it either. */
static bool reopen_journal(struct gateway_work *work, struct buf *error)
{
    struct buf ignored = {0};

    begin_journal(work, &ignored);
    buf_fini(&ignored);
    return true;
}

const struct gateway_step gateway_steps[GATEWAY_STEPS] = {
    {"the journal", begin_journal, return_journal},
    {"the settings", write_settings, return_settings},
    {"the routes", add_routes, return_routing},
    {"the policy rules", add_rules, return_routing},
    {"the nftables table", load_table, return_table},
    {"forwarding", enable_forwarding, return_settings},
    {"the remains of an earlier plan", remove_leftovers, return_leftovers},
    {"the journal", end_journal, reopen_journal},
};
