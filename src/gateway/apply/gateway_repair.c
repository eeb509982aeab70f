#include "gateway/apply/gateway_repair.h"

#include "gateway/kernel/gateway_kernel.h"
#include "gateway/kernel/gateway_table.h"

#include <unistd.h>

/* How it should be, and how it is. */
struct turn {
    struct gateway_repair *mend;
    struct gateway_state journal;
    struct gateway_kernel kernel;
    struct gateway_state missing; /* still, at its end */
};

/* Either a rule or a route. */
struct piece {
    const struct gateway_rule *rule;
    const struct gateway_route *route;
};

static bool look(struct turn *turn)
{
    struct buf ignored = {0};
    bool is_known = gateway_state_load(turn->mend->directory, &turn->journal, &ignored) &&
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

static bool is_told(const struct gateway_repair *mend, struct piece piece)
{
    for (size_t i = 0; piece.rule && i < mend->missing.rule_count; i++)
        if (gateway_rule_is(&mend->missing.rules[i], piece.rule))
            return true;
    for (size_t i = 0; piece.route && i < mend->missing.route_count; i++)
        if (gateway_route_is(&mend->missing.routes[i], piece.route))
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

/* Another route of that metric may have taken the place; a table of ours is no place for it. */
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
    struct gateway_repair *mend = turn->mend;
    struct buf error = {0};
    bool is_back = add(piece, &error);

    if (!is_told(mend, piece))
        mend->gone(mend->context, what, is_back ? NULL : buf_c_str(&error));
    if (is_back)
        mend->back(mend->context, what);
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
    else if (is_told(turn->mend, piece)) /* somebody else put it back */
        turn->mend->back(turn->mend->context, buf_c_str(&what));
    buf_fini(&what);
}

/* The routes first, as apply does it: a rule without its table lets packets through. */
static void attend_all(struct turn *turn)
{
    for (size_t i = 0; i < turn->journal.route_count; i++)
        attend(turn, (struct piece){.route = &turn->journal.routes[i]});
    for (size_t i = 0; i < turn->journal.rule_count; i++)
        attend(turn, (struct piece){.rule = &turn->journal.rules[i]});
    gateway_state_fini(&turn->mend->missing);
    turn->mend->missing = turn->missing;
}

/* The journal of an earlier version has no table: then only apply can install it. */
static bool lacks_table(const struct turn *turn)
{
    return turn->journal.table.n && !turn->mend->has_table(turn->mend->context);
}

static void put_table_back(struct turn *turn)
{
    struct gateway_repair *mend = turn->mend;
    struct buf error = {0};
    bool is_back = gateway_table_replace(buf_span(&turn->journal.table), &error);

    mend->table(mend->context, is_back ? NULL : buf_c_str(&error));
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

/* What was seen before may be what a remove is just doing. */
static void mend_locked(struct turn *turn)
{
    struct buf ignored = {0};
    int lock = gateway_state_lock(turn->mend->directory, 0, &ignored);

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

void gateway_repair_turn(struct gateway_repair *mend)
{
    struct turn turn = {.mend = mend};

    if (look(&turn)) {
        if (is_all_there(&turn))
            attend_all(&turn);
        else
            mend_locked(&turn);
    }
    forget(&turn);
}

void gateway_repair_fini(struct gateway_repair *mend)
{
    gateway_state_fini(&mend->missing);
}
