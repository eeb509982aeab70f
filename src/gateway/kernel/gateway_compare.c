#include "gateway/kernel/gateway_compare.h"

#include "gateway/plan/gateway_plan.h"

#include <stdlib.h>

#define THE_TABLE "table inet " GATEWAY_NFT_TABLE

/* Returns a borrowed reference to the n-th object of a kind ("chain", "set", "rule"), of one chain if `chain`
 * is given. NULL after the last. */
static json_t *thing_at(const json_t *list, const char *kind, const char *chain, size_t n)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *thing = json_object_get(json_array_get(list, i), kind);
        const char *in = json_string_value(json_object_get(thing, "chain"));

        if (thing && (!chain || (in && strcmp(in, chain) == 0)) && n-- == 0)
            return thing;
    }
    return NULL;
}

static const char *text_of(const json_t *thing, const char *key)
{
    const char *text = json_string_value(json_object_get(thing, key));

    return text ? text : "";
}

static json_t *find(const json_t *list, const char *kind, const char *chain, const char *key,
                    const char *value)
{
    json_t *thing;

    for (size_t i = 0; (thing = thing_at(list, kind, chain, i)); i++)
        if (strcmp(text_of(thing, key), value) == 0)
            return thing;
    return NULL;
}

/* Copies an object without members that change by themselves. */
static json_t *plain(const json_t *thing)
{
    json_t *copy = json_deep_copy(thing), *expression;
    size_t i;

    json_object_del(copy, "handle");
    json_array_foreach(json_object_get(copy, "expr"), i, expression)
    {
        if (json_object_get(expression, "counter"))
            json_object_set_new(expression, "counter", json_null());
    }
    json_object_del(copy, "elem"); /* the kernel fills every named set */
    return copy;
}

static bool is_same(const json_t *a, const json_t *b)
{
    json_t *plain_a = plain(a), *plain_b = plain(b);
    bool same = json_equal(plain_a, plain_b);

    json_decref(plain_a);
    json_decref(plain_b);
    return same;
}

static void compare_kinds(const json_t *should, const json_t *is, const char *kind, struct problems *problems)
{
    const json_t *thing, *other;

    for (size_t i = 0; (thing = thing_at(should, kind, NULL, i)); i++) {
        const char *name = text_of(thing, "name");

        other = find(is, kind, NULL, "name", name);
        if (!other)
            problems_add(problems, true, THE_TABLE ": %s %s is missing", kind, name);
        else if (strcmp(text_of(thing, "policy"), text_of(other, "policy")) != 0)
            problems_add(problems, true, THE_TABLE ": %s %s has the policy %s, expected %s", kind, name,
                         text_of(other, "policy"), text_of(thing, "policy"));
        else if (!is_same(thing, other))
            problems_add(problems, true, THE_TABLE ": %s %s was changed", kind, name);
    }
    for (size_t i = 0; (thing = thing_at(is, kind, NULL, i)); i++)
        if (!find(should, kind, NULL, "name", text_of(thing, "name")))
            problems_add(problems, true, THE_TABLE ": %s %s is not ours", kind, text_of(thing, "name"));
}

static void report_missing(const json_t *should, const json_t *is, const char *chain,
                           struct problems *problems)
{
    const json_t *rule, *other;

    for (size_t i = 0; (rule = thing_at(should, "rule", chain, i)); i++) {
        const char *comment = text_of(rule, "comment");

        other = find(is, "rule", chain, "comment", comment);
        if (!other)
            problems_add(problems, true, THE_TABLE ": chain %s: the rule \"%s\" is missing", chain, comment);
        else if (!is_same(rule, other))
            problems_add(problems, true, THE_TABLE ": chain %s: the rule \"%s\" was changed", chain, comment);
    }
}

/* If two rules have the same comment, the first one may be ours. */
static bool is_ours(const json_t *should, const json_t *is, const char *chain, const json_t *rule)
{
    const char *comment = text_of(rule, "comment");

    return find(should, "rule", chain, "comment", comment) &&
           find(is, "rule", chain, "comment", comment) == rule;
}

static void report_foreign(const json_t *should, const json_t *is, const char *chain,
                           struct problems *problems)
{
    const json_t *rule;

    for (size_t i = 0; (rule = thing_at(is, "rule", chain, i)); i++)
        if (!is_ours(should, is, chain, rule)) {
            problems_add(problems, true, THE_TABLE ": chain %s: the rule with handle %lld is not ours", chain,
                         (long long)json_integer_value(json_object_get(rule, "handle")));
        }
}

/* Requires that both have the same rules. */
static bool is_in_order(const json_t *should, const json_t *is, const char *chain)
{
    const json_t *rule;

    for (size_t i = 0; (rule = thing_at(should, "rule", chain, i)); i++)
        if (strcmp(text_of(rule, "comment"), text_of(thing_at(is, "rule", chain, i), "comment")) != 0)
            return false;
    return true;
}

static void compare_rules(const json_t *should, const json_t *is, const char *chain,
                          struct problems *problems)
{
    size_t before = problems->n;

    report_missing(should, is, chain, problems);
    report_foreign(should, is, chain, problems);
    if (problems->n == before && !is_in_order(should, is, chain))
        problems_add(problems, true, THE_TABLE ": chain %s: its rules are in another order", chain);
}

void gateway_compare(const json_t *should, const json_t *is, struct problems *problems)
{
    const json_t *chain;

    if (!is) {
        problems_add(problems, true, THE_TABLE " is missing");
        return;
    }
    compare_kinds(should, is, "set", problems);
    compare_kinds(should, is, "map", problems);
    compare_kinds(should, is, "chain", problems);
    for (size_t i = 0; (chain = thing_at(should, "chain", NULL, i)); i++)
        if (find(is, "chain", NULL, "name", text_of(chain, "name")))
            compare_rules(should, is, text_of(chain, "name"), problems);
}
