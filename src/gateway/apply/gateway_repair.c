#include "gateway/apply/gateway_repair.h"

#include "gateway/kernel/gateway_kernel.h"
#include "gateway/kernel/gateway_table.h"

#include <unistd.h>

/* The intended and the actual state. */
struct turn {
    struct gateway_repair *repair;
    struct gateway_state journal;
    struct gateway_kernel kernel;
    struct gateway_state missing; /* missing at the end of this turn */
};

/* A rule or a route. */
struct piece {
    const struct gateway_rule *rule;
    const struct gateway_route *route;
};

static bool look(struct turn *turn)
{
    struct buf ignored = {0};
    bool is_known = gateway_state_load(turn->repair->directory, &turn->journal, &ignored) &&
                    turn->journal.is_complete && gateway_kernel_read(&turn->kernel, &ignored);

    buf_fini(&ignored);
    return is_known;
}

static void forget(struct turn *turn)
{
    gateway_state_fini(&turn->journal);
    gateway_kernel_fini(&turn->kernel);
}

static bool is_there(const struct turn *turn, struct piece piece)
{
    return piece.rule ? gateway_kernel_has_rule(&turn->kernel, piece.rule)
                      : gateway_kernel_has_route(&turn->kernel, piece.route);
}

static bool is_reported(const struct gateway_repair *repair, struct piece piece)
{
    for (size_t i = 0; piece.rule && i < repair->missing.rule_count; i++)
        if (gateway_rule_is(&repair->missing.rules[i], piece.rule))
            return true;
    for (size_t i = 0; piece.route && i < repair->missing.route_count; i++)
        if (gateway_route_is(&repair->missing.routes[i], piece.route))
            return true;
    return false;
}

static void note_missing(struct turn *turn, struct piece piece)
{
    if (piece.rule)
        gateway_state_add_rule(&turn->missing, piece.rule);
    else
        gateway_state_add_route(&turn->missing, piece.route);
}

/* Another route with that metric may have been added meanwhile; in a table of ours it is replaced. */
static bool add(struct piece piece, struct buf *error)
{
    struct gateway_batch batch = {0};

    if (piece.rule)
        gateway_batch_rule(&batch, piece.rule, "add");
    else
        gateway_batch_route(&batch, piece.route, "replace");
    return gateway_batch_run(&batch, error);
}

static void put_back(struct turn *turn, struct piece piece, const char *what)
{
    struct gateway_repair *repair = turn->repair;
    struct buf error = {0};
    bool is_back = add(piece, &error);

    if (!is_reported(repair, piece))
        repair->gone(repair->context, what, is_back ? NULL : buf_c_str(&error));
    if (is_back)
        repair->back(repair->context, what);
    else
        note_missing(turn, piece);
    buf_fini(&error);
}

static void attend(struct turn *turn, struct piece piece)
{
    struct buf what = {0};

    if (piece.rule)
        gateway_rule_print(piece.rule, "add", &what);
    else
        gateway_route_print(piece.route, "add", &what);
    if (!is_there(turn, piece))
        put_back(turn, piece, buf_c_str(&what));
    else if (is_reported(turn->repair, piece)) /* it was put back by another program */
        turn->repair->back(turn->repair->context, buf_c_str(&what));
    buf_fini(&what);
}

/* Routes first, as in apply: a rule without its table would let packets through. */
static void attend_all(struct turn *turn)
{
    for (size_t i = 0; i < turn->journal.route_count; i++)
        attend(turn, (struct piece){.route = &turn->journal.routes[i]});
    for (size_t i = 0; i < turn->journal.rule_count; i++)
        attend(turn, (struct piece){.rule = &turn->journal.rules[i]});
    gateway_state_fini(&turn->repair->missing);
    turn->repair->missing = turn->missing;
}

/* The journal of an earlier version has no table; then only apply can install it. */
static bool lacks_table(const struct turn *turn)
{
    return turn->journal.table.n && !turn->repair->has_table(turn->repair->context);
}

static void put_table_back(struct turn *turn)
{
    struct gateway_repair *repair = turn->repair;
    struct buf error = {0};
    bool is_back = gateway_table_replace(buf_span(&turn->journal.table), &error);

    repair->table(repair->context, is_back ? NULL : buf_c_str(&error));
    buf_fini(&error);
}

static bool is_all_there(const struct turn *turn)
{
    bool is = !lacks_table(turn);

    for (size_t i = 0; i < turn->journal.route_count; i++)
        is = is && is_there(turn, (struct piece){.route = &turn->journal.routes[i]});
    for (size_t i = 0; i < turn->journal.rule_count; i++)
        is = is && is_there(turn, (struct piece){.rule = &turn->journal.rules[i]});
    return is;
}

/* Checks again under the lock: what seemed missing may just have been removed by `remove`. */
static void repair_locked(struct turn *turn)
{
    struct buf ignored = {0};
    int lock = gateway_state_lock(turn->repair->directory, 0, &ignored);

    buf_fini(&ignored);
    if (lock < 0)
        return;
    forget(turn);
    if (look(turn)) {
        attend_all(turn);
        if (lacks_table(turn))
            put_table_back(turn);
    }
    close(lock);
}

void gateway_repair_turn(struct gateway_repair *repair)
{
    struct turn turn = {.repair = repair};

    if (look(&turn)) {
        if (is_all_there(&turn))
            attend_all(&turn);
        else
            repair_locked(&turn);
    }
    forget(&turn);
}

void gateway_repair_fini(struct gateway_repair *repair)
{
    gateway_state_fini(&repair->missing);
}
