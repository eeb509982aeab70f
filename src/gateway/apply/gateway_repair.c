#include "gateway/apply/gateway_repair.h"

#include "gateway/kernel/gateway_kernel.h"
#include "gateway/kernel/gateway_table.h"

#include <unistd.h>

/* One call of gateway_repair_turn: the intended and the actual state. */
struct turn {
    struct gateway_repair *repair;
    struct gateway_state journal;
    struct gateway_kernel kernel;
    struct gateway_state missing; /* missing at the end of this turn */
};

/* A rule or a route. */
struct part {
    const struct gateway_rule *rule;
    const struct gateway_route *route;
};

static bool read_state(struct turn *turn)
{
    struct buf ignored = {0};
    bool is_known = gateway_state_load(turn->repair->directory, &turn->journal, &ignored) &&
                    turn->journal.is_complete && gateway_kernel_read(&turn->kernel, &ignored);

    buf_fini(&ignored);
    return is_known;
}

static void free_state(struct turn *turn)
{
    gateway_state_fini(&turn->journal);
    gateway_kernel_fini(&turn->kernel);
}

static bool is_present(const struct turn *turn, struct part part)
{
    return part.rule ? gateway_kernel_has_rule(&turn->kernel, part.rule)
                     : gateway_kernel_has_route(&turn->kernel, part.route);
}

static bool is_reported(const struct gateway_repair *repair, struct part part)
{
    for (size_t i = 0; part.rule && i < repair->missing.rule_count; i++)
        if (gateway_rule_equals(&repair->missing.rules[i], part.rule))
            return true;
    for (size_t i = 0; part.route && i < repair->missing.route_count; i++)
        if (gateway_route_equals(&repair->missing.routes[i], part.route))
            return true;
    return false;
}

static void note_missing(struct turn *turn, struct part part)
{
    if (part.rule)
        gateway_state_add_rule(&turn->missing, part.rule);
    else
        gateway_state_add_route(&turn->missing, part.route);
}

/* Adds the rule or route. A route also replaces a route of another program in our table that has the same
 * destination and metric. */
static bool add(struct part part, struct buf *error)
{
    struct gateway_batch batch = {0};

    if (part.rule)
        gateway_batch_rule(&batch, part.rule, "add");
    else
        gateway_batch_route(&batch, part.route, "replace");
    return gateway_batch_run(&batch, error);
}

static void restore(struct turn *turn, struct part part, const char *what)
{
    struct gateway_repair *repair = turn->repair;
    struct buf error = {0};
    bool is_back = add(part, &error);

    if (!is_reported(repair, part))
        repair->gone(repair->context, what, is_back ? NULL : buf_c_str(&error));
    if (is_back)
        repair->back(repair->context, what);
    else
        note_missing(turn, part);
    buf_fini(&error);
}

static void check_one(struct turn *turn, struct part part)
{
    struct buf what = {0};

    if (part.rule)
        gateway_rule_print(part.rule, "add", &what);
    else
        gateway_route_print(part.route, "add", &what);
    if (!is_present(turn, part))
        restore(turn, part, buf_c_str(&what));
    else if (is_reported(turn->repair, part)) /* restored by another program */
        turn->repair->back(turn->repair->context, buf_c_str(&what));
    buf_fini(&what);
}

/* Restores routes before rules, as apply does: a rule that selects an empty table would let packets
 * through. */
static void check_all(struct turn *turn)
{
    for (size_t i = 0; i < turn->journal.route_count; i++)
        check_one(turn, (struct part){.route = &turn->journal.routes[i]});
    for (size_t i = 0; i < turn->journal.rule_count; i++)
        check_one(turn, (struct part){.rule = &turn->journal.rules[i]});
    gateway_state_fini(&turn->repair->missing);
    turn->repair->missing = turn->missing;
}

/* A journal of an earlier version has no table. Then only apply can install one. */
static bool lacks_table(const struct turn *turn)
{
    return turn->journal.table.n && !turn->repair->has_table(turn->repair->context);
}

static void restore_table(struct turn *turn)
{
    struct gateway_repair *repair = turn->repair;
    struct buf error = {0};
    bool is_back = gateway_table_replace(buf_span(&turn->journal.table), &error);

    repair->table_done(repair->context, is_back ? NULL : buf_c_str(&error));
    buf_fini(&error);
}

static bool is_all_present(const struct turn *turn)
{
    bool is_complete = !lacks_table(turn);

    for (size_t i = 0; i < turn->journal.route_count; i++)
        is_complete = is_complete && is_present(turn, (struct part){.route = &turn->journal.routes[i]});
    for (size_t i = 0; i < turn->journal.rule_count; i++)
        is_complete = is_complete && is_present(turn, (struct part){.rule = &turn->journal.rules[i]});
    return is_complete;
}

/* Checks again under the lock, because what is missing may have been removed by `remove` meanwhile. */
static void repair_locked(struct turn *turn)
{
    struct buf ignored = {0};
    int lock = gateway_state_lock(turn->repair->directory, 0, &ignored);

    buf_fini(&ignored);
    if (lock < 0)
        return;
    free_state(turn);
    if (read_state(turn)) {
        check_all(turn);
        if (lacks_table(turn))
            restore_table(turn);
    }
    close(lock);
}

void gateway_repair_turn(struct gateway_repair *repair)
{
    struct turn turn = {.repair = repair};

    if (read_state(&turn)) {
        if (is_all_present(&turn))
            check_all(&turn);
        else
            repair_locked(&turn);
    }
    free_state(&turn);
}

void gateway_repair_fini(struct gateway_repair *repair)
{
    gateway_state_fini(&repair->missing);
}
