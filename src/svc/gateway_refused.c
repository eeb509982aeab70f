#include "svc/gateway_refused.h"

#include "core/gateway_nft.h"
#include "svc/gateway_status.h"
#include "svc/gateway_table.h"

static const char *text_of(const json_t *thing, const char *key)
{
    const char *text = json_string_value(json_object_get(thing, key));

    return text ? text : "";
}

static bool has_same(const json_t *a, const char *key_a, const json_t *b, const char *key_b)
{
    return strcmp(text_of(a, key_a), text_of(b, key_b)) == 0;
}

static json_int_t count(const json_t *table)
{
    json_t *rules = gateway_status_rules(table);
    json_int_t packets = 0;

    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);

        if (strcmp(text_of(rule, "chain"), GATEWAY_GUARD_CHAIN) == 0 &&
            span_starts(span_of(text_of(rule, "rule")), SPAN(GATEWAY_GUARD_REFUSES)))
            packets += json_integer_value(json_object_get(rule, "packets"));
    }
    json_decref(rules);
    return packets;
}

static bool sets_mark(const json_t *rule)
{
    const json_t *expressions = json_object_get(rule, "expr");

    for (size_t i = 0; i < json_array_size(expressions); i++) {
        const json_t *mangle = json_object_get(json_array_get(expressions, i), "mangle");
        const json_t *meta = json_object_get(json_object_get(mangle, "key"), "meta");

        if (strcmp(text_of(meta, "key"), "mark") == 0)
            return true;
    }
    return false;
}

/* Or in a chain that one at prerouting may jump to. */
static bool is_at_prerouting(const json_t *ruleset, const json_t *rule)
{
    for (size_t i = 0; i < json_array_size(ruleset); i++) {
        const json_t *chain = json_object_get(json_array_get(ruleset, i), "chain");

        if (chain && has_same(chain, "family", rule, "family") && has_same(chain, "table", rule, "table") &&
            has_same(chain, "name", rule, "chain"))
            return !*text_of(chain, "hook") || strcmp(text_of(chain, "hook"), "prerouting") == 0;
    }
    return false;
}

/* Chains of others that set marks before packets are routed. A chain's rules are listed one after the other.
 */
static void add_markers(const json_t *ruleset, struct buf *names)
{
    const json_t *last = NULL;

    for (size_t i = 0; i < json_array_size(ruleset); i++) {
        const json_t *rule = json_object_get(json_array_get(ruleset, i), "rule");

        if (!rule || strcmp(text_of(rule, "table"), GATEWAY_NFT_TABLE) == 0 || !sets_mark(rule) ||
            !is_at_prerouting(ruleset, rule))
            continue;
        if (!last || !has_same(last, "family", rule, "family") || !has_same(last, "table", rule, "table") ||
            !has_same(last, "chain", rule, "chain"))
            buf_add_format(names, "%stable %s %s, chain %s", last ? "; " : "", text_of(rule, "family"),
                           text_of(rule, "table"), text_of(rule, "chain"));
        last = rule;
    }
}

static bool leads_elsewhere(const struct gateway_plan *plan)
{
    for (size_t i = 0; i < plan->route_count; i++)
        if (plan->routes[i].kind == GATEWAY_ROUTE_VIA)
            return true;
    return false;
}

static void tell_markers(json_int_t packets, struct conf_problems *problems)
{
    struct buf names = {0}, ignored = {0};
    json_t *ruleset = NULL;

    if (gateway_table_read_all(&ruleset, &ignored))
        add_markers(ruleset, &names);
    conf_problem_add(
        problems, false,
        "mail was on its way past the proxies, and refused; packets since the table was laid: %lld. "
        "Somebody's chain at prerouting sets marks and wipes ours (%s), or a policy rule was missing",
        (long long)packets,
        names.n ? buf_c_str(&names) : "look for it in nft list ruleset and iptables -t mangle -S");
    json_decref(ruleset);
    buf_fini(&ignored);
    buf_fini(&names);
}

void gateway_refused_check(const struct gateway *gateway, const json_t *table, struct conf_problems *problems)
{
    json_int_t packets = count(table);

    if (packets && leads_elsewhere(gateway->plan))
        tell_markers(packets, problems);
    else if (packets)
        conf_problem_add(
            problems, false,
            "mail was to be forwarded, and refused; packets since the table was laid: %lld. The rule "
            "that redirects it was missing, or its connections were there before that rule",
            (long long)packets);
}
