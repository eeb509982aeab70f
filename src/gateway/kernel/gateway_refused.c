#include "gateway/kernel/gateway_refused.h"

#include "gateway/plan/gateway_interfaces.h"
#include "gateway/plan/gateway_nft.h"
#include "gateway/plan/gateway_numbers.h"
#include "net/routing.h"
#include "gateway/kernel/gateway_status.h"
#include "gateway/kernel/gateway_table.h"

#include <stdlib.h>

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static bool has_same(const json_t *a, const char *key_a, const json_t *b, const char *key_b)
{
    return strcmp(text_of(a, key_a), text_of(b, key_b)) == 0;
}

static bool is_refusing_chain(const char *chain)
{
    return strcmp(chain, GATEWAY_GUARD_CHAIN) == 0 || strcmp(chain, GATEWAY_LOST_CHAIN) == 0;
}

static json_int_t count_refused(const json_t *table)
{
    json_t *rules = gateway_status_rules(table);
    json_int_t packets = 0;

    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);

        if (is_refusing_chain(text_of(rule, "chain")) &&
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

/* Returns whether the rule is in a chain at prerouting, or in a chain without a hook. A chain at prerouting
 * may jump to a chain without a hook. */
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

/* Appends the chains of others that set marks before routing. Appends each chain once: nft lists the rules of
 * a chain in sequence. */
static void add_marking_chains(const json_t *ruleset, struct buf *names)
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

static bool has_remote_proxy(const struct gateway_plan *plan)
{
    for (size_t i = 0; i < plan->route_count; i++)
        if (plan->routes[i].kind == GATEWAY_ROUTE_VIA)
            return true;
    return false;
}

/* Returns the elements of the set that counts by interface. */
static const json_t *elements_of(const json_t *table)
{
    for (size_t i = 0; i < json_array_size(table); i++) {
        const json_t *set = json_object_get(json_array_get(table, i), "set");

        if (set && strcmp(text_of(set, "name"), GATEWAY_GUARD_SET) == 0)
            return json_object_get(set, "elem");
    }
    return NULL;
}

static json_int_t packets_of(const json_t *element)
{
    return json_integer_value(
        json_object_get(json_object_get(json_object_get(element, "elem"), "counter"), "packets"));
}

static const char *interface_of(const json_t *element)
{
    return text_of(json_object_get(element, "elem"), "val");
}

/* Appends "It came in by eth0 (12). " for the listed interfaces. */
static void add_interfaces(const struct gateway *gateway, const json_t *table, struct buf *out)
{
    const json_t *elements = elements_of(table);
    bool is_first = true;

    for (size_t i = 0; i < json_array_size(elements); i++) {
        const json_t *element = json_array_get(elements, i);

        if (!gateway_has_interface(&gateway->conf->gateway.interfaces, interface_of(element)))
            continue;
        buf_add_format(out, "%s%s (%lld)", is_first ? "It came in by " : ", ", interface_of(element),
                       (long long)packets_of(element));
        is_first = false;
    }
    buf_add(out, is_first ? SPAN("") : SPAN(". "));
}

/* Returns the listed interface that `name` should replace in the list: a port of `name`, or an interface that
 * does not exist. NULL: `name` should be added. */
static const char *find_replaced(const struct gateway_interface_findings *findings, const char *name)
{
    for (size_t i = 0; i < findings->n; i++)
        if (findings->at[i].fault == GATEWAY_INTERFACE_ABSENT ||
            (findings->at[i].fault == GATEWAY_INTERFACE_PORT && strcmp(findings->at[i].other, name) == 0))
            return findings->at[i].name;
    return NULL;
}

static void report_unlisted(const struct gateway *gateway, const json_t *element,
                            const struct gateway_interface_findings *findings, struct problems *problems)
{
    const char *name = interface_of(element);
    struct buf line = {0};

    gateway_interfaces_print(&gateway->conf->gateway.interfaces, name, find_replaced(findings, name), &line);
    problems_add(problems, true,
                 "mail came in by %s, which is not in [gateway] interface, and %s; packets since the "
                 "table was installed: %lld: write %s, or list its clients in bypass",
                 name, gateway->conf->gateway.no_proxy == NO_PROXY_BLOCK ? "was refused" : "passed unscanned",
                 (long long)packets_of(element), buf_c_str(&line));
    buf_fini(&line);
}

static void check_unlisted(const struct gateway *gateway, const json_t *table, struct problems *problems)
{
    const struct inet_interfaces *listed = &gateway->conf->gateway.interfaces;
    const json_t *elements = elements_of(table);
    struct gateway_interface_findings findings;
    struct routing_interfaces all;

    routing_read_interfaces(&all);
    gateway_interfaces_check(listed, &gateway->facts->uplinks, &all, &findings);
    for (size_t i = 0; i < json_array_size(elements); i++)
        if (!gateway_has_interface(listed, interface_of(json_array_get(elements, i))))
            report_unlisted(gateway, json_array_get(elements, i), &findings, problems);
    free(all.at);
}

static void report_marking_chains(json_int_t packets, struct buf *interfaces, struct problems *problems)
{
    struct buf names = {0}, ignored = {0};
    json_t *ruleset = NULL;

    if (gateway_table_read_all(&ruleset, &ignored))
        add_marking_chains(ruleset, &names);
    problems_add(problems, false,
                 "mail was not on its way to a proxy and was refused; packets since the table was "
                 "installed: %lld. %s"
                 "Another chain at prerouting sets marks and clears ours (%s), or a policy rule was missing",
                 (long long)packets, buf_c_str(interfaces),
                 names.n ? buf_c_str(&names) : "look for it in nft list ruleset and iptables -t mangle -S");
    json_decref(ruleset);
    buf_fini(&ignored);
    buf_fini(&names);
}

static void check_listed(const struct gateway *gateway, const json_t *table, struct problems *problems)
{
    json_int_t packets = count_refused(table);
    struct buf interfaces = {0};

    add_interfaces(gateway, table, &interfaces);
    if (packets && has_remote_proxy(gateway->plan))
        report_marking_chains(packets, &interfaces, problems);
    else if (packets)
        problems_add(
            problems, false,
            "mail was about to be forwarded and was refused; packets since the table was installed: "
            "%lld. %sThe rule that redirects mail was missing, or the connections are older than that rule",
            (long long)packets, buf_c_str(&interfaces));
    buf_fini(&interfaces);
}

void gateway_refused_check(const struct gateway *gateway, const json_t *table, struct problems *problems)
{
    check_listed(gateway, table, problems);
    check_unlisted(gateway, table, problems);
}

void gateway_refused_each(void (*each)(void *context, const char *interface, uint64_t packets), void *context)
{
    struct buf ignored = {0};
    json_t *set = NULL;
    const json_t *elements;

    gateway_table_read_set(GATEWAY_GUARD_SET, &set, &ignored);
    elements = elements_of(set);
    for (size_t i = 0; i < json_array_size(elements); i++)
        each(context, interface_of(json_array_get(elements, i)),
             (uint64_t)packets_of(json_array_get(elements, i)));
    json_decref(set);
    buf_fini(&ignored);
}
