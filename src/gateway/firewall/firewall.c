#include "gateway/firewall/firewall.h"

#include <stdlib.h>

/* DEPTH_MAX: the kernel's limit for nested jumps. STEPS_MAX: limit for evaluated rules, because a ruleset can
 * have exponentially many paths. */
enum { DEPTH_MAX = 16, STEPS_MAX = 200000 };

static bool is_text(const char *a, struct span b)
{
    return span_eq(span_of(a), b);
}

struct firewall_chain *firewall_find_chain(const struct firewall *firewall, struct span family,
                                           struct span table, struct span name)
{
    for (size_t i = 0; i < firewall->n; i++) {
        struct firewall_chain *chain = &firewall->chains[i];

        if (is_text(chain->name, name) && is_text(chain->table, table) && is_text(chain->family, family))
            return chain;
    }
    return NULL;
}

struct firewall_chain *firewall_add_chain(struct firewall *firewall, struct span family, struct span table,
                                          struct span name)
{
    struct firewall_chain *chain;

    firewall->chains = mem_grow(firewall->chains, firewall->n + 1, sizeof *firewall->chains);
    chain = &firewall->chains[firewall->n++];
    *chain = (struct firewall_chain){
        .family = mem_copy_string(family), .table = mem_copy_string(table), .name = mem_copy_string(name)};
    return chain;
}

void firewall_add_rule(struct firewall_chain *chain, enum firewall_match match, enum firewall_verdict verdict,
                       struct span target)
{
    bool leads = verdict == FIREWALL_JUMP || verdict == FIREWALL_GOTO;

    if (match == FIREWALL_NO || verdict == FIREWALL_NONE)
        return;
    chain->rules = mem_grow(chain->rules, chain->n + 1, sizeof *chain->rules);
    chain->rules[chain->n++] = (struct firewall_rule){match, verdict, leads ? mem_copy_string(target) : NULL};
}

void firewall_fini(struct firewall *firewall)
{
    for (size_t i = 0; i < firewall->n; i++) {
        struct firewall_chain *chain = &firewall->chains[i];

        for (size_t r = 0; r < chain->n; r++)
            free(chain->rules[r].target);
        free(chain->rules);
        free(chain->family);
        free(chain->table);
        free(chain->name);
        free(chain->hook);
    }
    free(firewall->chains);
    *firewall = (struct firewall){0};
}

struct frame {
    const struct firewall_chain *chain;
    size_t next;
    bool is_doubtful; /* perhaps the jump to this chain does not match */
    bool is_goto;     /* entered by goto: when it ends, the chain with the goto ends, too */
};

struct walk {
    const struct firewall *firewall;
    size_t depth; /* number of frames in use */
    struct frame frames[DEPTH_MAX];
    bool may_accept;
    const struct firewall_chain *by;
    bool by_policy;
};

static struct frame *top(struct walk *walk)
{
    return &walk->frames[walk->depth - 1];
}

/* Returns the index of the outermost doubtful frame. DEPTH_MAX: there is none. */
static size_t doubt_of(const struct walk *walk)
{
    for (size_t i = 0; i < walk->depth; i++)
        if (walk->frames[i].is_doubtful)
            return i;
    return DEPTH_MAX;
}

/* Returns whether the verdict is final. It is not final if the rule, or a jump that led to the rule, perhaps
 * does not match. In that case the walk continues after that rule or jump. */
static bool end(struct walk *walk, bool is_certain, bool accepts)
{
    size_t doubt = doubt_of(walk);

    if (is_certain && doubt == DEPTH_MAX)
        return true;
    walk->may_accept = walk->may_accept || accepts;
    if (is_certain)
        walk->depth = doubt;
    return false;
}

/* Enters the chain to which the rule jumps. A jump to a missing chain, or beyond the depth limit, is
 * ignored. */
static void enter(struct walk *walk, const struct firewall_rule *rule)
{
    const struct firewall_chain *from = top(walk)->chain;
    const struct firewall_chain *to = firewall_find_chain(walk->firewall, span_of(from->family),
                                                          span_of(from->table), span_of(rule->target));

    if (to && walk->depth < DEPTH_MAX)
        walk->frames[walk->depth++] =
            (struct frame){to, 0, rule->match == FIREWALL_MAYBE, rule->verdict == FIREWALL_GOTO};
}

/* Ends the current chain, and returns to the chain with the jump to it. A chain between them that was left by
 * a goto ends, too, if the goto certainly matched. */
static void leave(struct walk *walk)
{
    bool is_goto, is_doubtful;

    do {
        is_goto = top(walk)->is_goto;
        is_doubtful = top(walk)->is_doubtful;
        walk->depth--;
    } while (walk->depth && is_goto && !is_doubtful);
}

/* Evaluates one rule. Returns whether the walk is over, with the final verdict in *last. */
static bool step(struct walk *walk, enum firewall_verdict *last)
{
    struct frame *frame = top(walk);
    const struct firewall_rule *rule = &frame->chain->rules[frame->next++];
    bool is_certain = rule->match == FIREWALL_YES;

    *last = rule->verdict;
    walk->by = frame->chain;
    switch (rule->verdict) {
    case FIREWALL_ACCEPT: return end(walk, is_certain, true);
    case FIREWALL_DROP: return end(walk, is_certain, false);
    case FIREWALL_RETURN:
        if (is_certain)
            leave(walk);
        else
            walk->may_accept = true; /* perhaps the packet skips the rules that follow */
        return false;
    case FIREWALL_JUMP:
    case FIREWALL_GOTO: enter(walk, rule); return false;
    case FIREWALL_NONE: break;
    }
    return false;
}

/* Returns ACCEPT or DROP: the verdict of the first rule that certainly applies, otherwise the policy. Returns
 * ACCEPT after STEPS_MAX rules. */
static enum firewall_verdict follow(struct walk *walk, const struct firewall_chain *base)
{
    enum firewall_verdict last;

    for (size_t steps = 0; walk->depth && steps < STEPS_MAX; steps++) {
        if (top(walk)->next == top(walk)->chain->n)
            leave(walk);
        else if (step(walk, &last))
            return last;
    }
    walk->by = base;
    walk->by_policy = true;
    return walk->depth || !base->drops_by_policy ? FIREWALL_ACCEPT : FIREWALL_DROP;
}

enum firewall_answer firewall_judge(const struct firewall *firewall, const struct firewall_chain *base,
                                    const struct firewall_chain **by, bool *by_policy)
{
    struct walk walk = {.firewall = firewall, .depth = 1, .frames[0] = {.chain = base}};
    enum firewall_verdict verdict = follow(&walk, base);

    *by = walk.by;
    *by_policy = walk.by_policy;
    if (verdict == FIREWALL_ACCEPT)
        return FIREWALL_PASSES;
    return walk.may_accept ? FIREWALL_UNKNOWN : FIREWALL_DROPS;
}
