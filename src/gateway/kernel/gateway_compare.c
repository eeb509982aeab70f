#include "gateway/kernel/gateway_compare.h"

#include "gateway/plan/gateway_plan.h"

#include <stdlib.h>

#define THE_TABLE "table inet " GATEWAY_NFT_TABLE

/* Returns the n-th object, from 0, of a kind ("chain", "set", "rule"). Unless `chain` is NULL, only objects
 * of that chain count. NULL: there are no more. The reference is borrowed. */
static json_t *object_at(const json_t *list, const char *kind, const char *chain, size_t n)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *object = json_object_get(json_array_get(list, i), kind);
        const char *in = json_string_value(json_object_get(object, "chain"));

        if (object && (!chain || (in && strcmp(in, chain) == 0)) && n-- == 0)
            return object;
    }
    return NULL;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static json_t *find(const json_t *list, const char *kind, const char *chain, const char *key,
                    const char *value)
{
    json_t *object;

    for (size_t i = 0; (object = object_at(list, kind, chain, i)); i++)
        if (strcmp(text_of(object, key), value) == 0)
            return object;
    return NULL;
}

/* Copies an object without the members that may differ. */
static json_t *copy_comparable(const json_t *object)
{
    json_t *copy = json_deep_copy(object), *expression;
    size_t i;

    json_object_del(copy, "handle");
    json_object_del(copy, "elem");  /* the kernel fills every named set */
    json_object_del(copy, "count"); /* of elements: nftables 1.1.7 */
    json_array_foreach(json_object_get(copy, "expr"), i, expression)
    {
        if (json_object_get(expression, "counter"))
            json_object_set_new(expression, "counter", json_null());
    }
    return copy;
}

static bool is_same(const json_t *a, const json_t *b)
{
    json_t *copy_a = copy_comparable(a), *copy_b = copy_comparable(b);
    bool same = json_equal(copy_a, copy_b);

    json_decref(copy_a);
    json_decref(copy_b);
    return same;
}

static void compare_objects(const json_t *expected, const json_t *actual, const char *kind,
                            struct problems *problems)
{
    const json_t *object, *other;

    for (size_t i = 0; (object = object_at(expected, kind, NULL, i)); i++) {
        const char *name = text_of(object, "name");

        other = find(actual, kind, NULL, "name", name);
        if (!other)
            problems_add(problems, true, THE_TABLE ": %s %s is missing", kind, name);
        else if (strcmp(text_of(object, "policy"), text_of(other, "policy")) != 0)
            problems_add(problems, true, THE_TABLE ": %s %s has the policy %s, expected %s", kind, name,
                         text_of(other, "policy"), text_of(object, "policy"));
        else if (!is_same(object, other))
            problems_add(problems, true, THE_TABLE ": %s %s was changed", kind, name);
    }
    for (size_t i = 0; (object = object_at(actual, kind, NULL, i)); i++)
        if (!find(expected, kind, NULL, "name", text_of(object, "name")))
            problems_add(problems, true, THE_TABLE ": %s %s is not ours", kind, text_of(object, "name"));
}

static void report_missing(const json_t *expected, const json_t *actual, const char *chain,
                           struct problems *problems)
{
    const json_t *rule, *other;

    for (size_t i = 0; (rule = object_at(expected, "rule", chain, i)); i++) {
        const char *comment = text_of(rule, "comment");

        other = find(actual, "rule", chain, "comment", comment);
        if (!other)
            problems_add(problems, true, THE_TABLE ": chain %s: the rule \"%s\" is missing", chain, comment);
        else if (!is_same(rule, other))
            problems_add(problems, true, THE_TABLE ": chain %s: the rule \"%s\" was changed", chain, comment);
    }
}

/* Of several rules with the same comment, only the first counts as ours. */
static bool is_ours(const json_t *expected, const json_t *actual, const char *chain, const json_t *rule)
{
    const char *comment = text_of(rule, "comment");

    return find(expected, "rule", chain, "comment", comment) &&
           find(actual, "rule", chain, "comment", comment) == rule;
}

static void report_foreign(const json_t *expected, const json_t *actual, const char *chain,
                           struct problems *problems)
{
    const json_t *rule;

    for (size_t i = 0; (rule = object_at(actual, "rule", chain, i)); i++)
        if (!is_ours(expected, actual, chain, rule)) {
            problems_add(problems, true, THE_TABLE ": chain %s: the rule with handle %lld is not ours", chain,
                         (long long)json_integer_value(json_object_get(rule, "handle")));
        }
}

/* Returns whether the rules of the chain have the same order in both lists. Only for lists with the same
 * rules in the chain. */
static bool is_in_order(const json_t *expected, const json_t *actual, const char *chain)
{
    const json_t *rule;

    for (size_t i = 0; (rule = object_at(expected, "rule", chain, i)); i++)
        if (strcmp(text_of(rule, "comment"), text_of(object_at(actual, "rule", chain, i), "comment")) != 0)
            return false;
    return true;
}

static void compare_rules(const json_t *expected, const json_t *actual, const char *chain,
                          struct problems *problems)
{
    size_t before = problems->n;

    report_missing(expected, actual, chain, problems);
    report_foreign(expected, actual, chain, problems);
    if (problems->n == before && !is_in_order(expected, actual, chain))
        problems_add(problems, true, THE_TABLE ": chain %s: its rules are in another order", chain);
}

void gateway_compare(const json_t *expected, const json_t *actual, struct problems *problems)
{
    const json_t *chain;

    if (!actual) {
        problems_add(problems, true, THE_TABLE " is missing");
        return;
    }
    compare_objects(expected, actual, "set", problems);
    compare_objects(expected, actual, "map", problems);
    compare_objects(expected, actual, "chain", problems);
    for (size_t i = 0; (chain = object_at(expected, "chain", NULL, i)); i++)
        if (find(actual, "chain", NULL, "name", text_of(chain, "name")))
            compare_rules(expected, actual, text_of(chain, "name"), problems);
}
