#include "gateway/apply/gateway_apply.h"

#include "gateway/apply/gateway_settings.h"
#include "gateway/kernel/gateway_live_balance.h"
#include "gateway/apply/gateway_steps.h"
#include "gateway/kernel/gateway_table.h"

#include "net/sysctl.h"

#include <unistd.h>

/* Lists our rules and routes in the new journal. If there is neither an earlier journal nor a table, planned
 * rules and routes that exist already belong to others, and are left out. */
static void list_routing(struct gateway_work *work)
{
    const struct gateway_plan *plan = work->gateway->plan;
    bool is_installed = work->earlier.exists || work->table.n;

    for (size_t i = 0; i < work->earlier.rule_count; i++)
        gateway_state_add_rule(&work->intent, &work->earlier.rules[i]);
    for (size_t i = 0; i < work->earlier.route_count; i++)
        gateway_state_add_route(&work->intent, &work->earlier.routes[i]);
    for (size_t i = 0; i < plan->rule_count; i++)
        if (is_installed || !gateway_kernel_has_rule(&work->kernel, &plan->rules[i]))
            gateway_state_add_rule(&work->intent, &plan->rules[i]);
    for (size_t i = 0; i < plan->route_count; i++)
        if (is_installed || !gateway_kernel_has_route(&work->kernel, &plan->routes[i]))
            gateway_state_add_route(&work->intent, &plan->routes[i]);
}

/* Reads the table and compares it with the plan. If they differ, tests whether the planned table can be
 * loaded. A table that uses only some of the proxies counts as equal. */
static bool read_table(struct gateway_work *work, struct buf *error)
{
    struct problems differences = {0};
    json_t *table = NULL;
    bool is_known = gateway_table_text(&work->table, error) && gateway_table_read(&table, error) &&
                    gateway_live_balance_compare(work->gateway, table, &differences, error) &&
                    (!differences.n || gateway_table_try(buf_span(&work->gateway->plan->nft), error));

    work->has_planned_table = is_known && !differences.n;
    problems_fini(&differences);
    json_decref(table);
    return is_known;
}

static bool has_planned_routing(const struct gateway_work *work)
{
    const struct gateway_plan *plan = work->gateway->plan;
    bool is_right = work->intent.rule_count <= plan->rule_count &&
                    work->intent.route_count <= plan->route_count; /* nothing is left of an earlier plan */

    for (size_t i = 0; i < plan->rule_count; i++)
        is_right = is_right && gateway_kernel_has_rule(&work->kernel, &plan->rules[i]);
    for (size_t i = 0; i < plan->route_count; i++)
        is_right = is_right && gateway_kernel_has_route(&work->kernel, &plan->routes[i]);
    return is_right;
}

static bool has_planned_settings(const struct gateway_plan *plan)
{
    for (size_t i = 0; i < plan->sysctl_count; i++)
        if (!sysctl_is(plan->sysctls[i].path, plan->sysctls[i].value))
            return false;
    return true;
}

bool gateway_work_begin(struct gateway_work *work, const struct gateway *gateway, struct buf *error)
{
    *work = (struct gateway_work){.gateway = gateway};
    if (!gateway_state_load(gateway->conf->postern.runtime_directory, &work->earlier, error) ||
        !gateway_kernel_read(&work->kernel, error) || !read_table(work, error))
        return false;
    work->intent.exists = true;
    list_routing(work);
    gateway_settings_read(gateway->plan, &work->earlier, &work->now);
    gateway_settings_intend(&work->now, &work->earlier, &work->intent);
    work->is_as_planned = work->earlier.is_complete && work->has_planned_table && has_planned_routing(work) &&
                          has_planned_settings(gateway->plan) &&
                          !gateway_settings_has_leftovers(&work->earlier, gateway->plan) &&
                          span_eq(buf_span(&work->earlier.table), buf_span(&gateway->plan->nft));
    return true;
}

void gateway_work_fini(struct gateway_work *work)
{
    gateway_state_fini(&work->earlier);
    gateway_state_fini(&work->now);
    gateway_state_fini(&work->intent);
    gateway_kernel_fini(&work->kernel);
    buf_fini(&work->table);
}

static bool undo_step(struct gateway_work *work, const struct gateway_step *step, struct buf *error)
{
    struct buf why = {0};
    bool is_undone = step->undo(work, &why);

    if (!is_undone)
        buf_add_format(error, "; %s could not be undone: %s", step->name, buf_c_str(&why));
    buf_fini(&why);
    return is_undone;
}

/* Undoes the failed step, then the earlier ones in reverse order. The first step, the journal, is undone only
 * if all others were: otherwise the journal is needed to remove what is left. */
static void undo(struct gateway_work *work, const struct gateway_step *steps, size_t failed,
                 struct buf *error)
{
    bool is_undone = true;

    for (size_t i = failed; i > 0; i--)
        is_undone = undo_step(work, &steps[i], error) && is_undone;
    if (!is_undone)
        buf_add(error, SPAN("; the journal is kept: repeat `postern gateway apply`, or remove everything by "
                            "`postern gateway remove`"));
    else if (undo_step(work, &steps[0], error))
        buf_add(error, SPAN("; all changes were undone"));
    else
        buf_add(error, SPAN("; all other changes were undone"));
}

bool gateway_work_run(struct gateway_work *work, const struct gateway_step *steps, size_t n,
                      struct buf *error)
{
    struct buf why = {0};
    bool is_done = true;

    for (size_t i = 0; is_done && i < n; i++) {
        is_done = steps[i].run(work, &why);
        if (!is_done) {
            buf_add_format(error, "%s: %s", steps[i].name, buf_c_str(&why));
            undo(work, steps, i, error);
        }
    }
    buf_fini(&why);
    return is_done;
}

enum gateway_applied gateway_apply(const struct gateway *gateway, struct buf *error)
{
    int lock = gateway_state_lock(gateway->conf->postern.runtime_directory, GATEWAY_PATIENCE_MS, error);
    enum gateway_applied applied = GATEWAY_APPLY_FAILED;
    struct gateway_work work;

    if (lock < 0)
        return applied;
    if (gateway_work_begin(&work, gateway, error)) {
        if (work.is_as_planned)
            applied = GATEWAY_APPLY_NOTHING;
        else if (gateway_work_run(&work, gateway_steps, GATEWAY_STEPS, error))
            applied = GATEWAY_APPLY_DONE;
    }
    gateway_work_fini(&work);
    close(lock);
    return applied;
}
