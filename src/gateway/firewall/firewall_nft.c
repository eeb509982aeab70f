#include "gateway/firewall/firewall_nft.h"

#include "gateway/plan/gateway_plan.h"
#include "gateway/firewall/firewall_packet.h"

/* The ruleset being read, and the packet. */
struct reading {
    const json_t *ruleset;
    const struct firewall_packet *packet;
    bool skip_iptables;
    struct firewall *firewall;
};

static struct span text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return span_of(text ? text : "");
}

/* Returns whether the chain is a base chain with the name of a built-in chain of iptables. */
static bool is_builtin(const json_t *chain)
{
    static const char *const names[] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_of(chain, "hook").n && span_eq(text_of(chain, "name"), span_of(names[i])))
            return true;
    return false;
}

bool firewall_nft_has_iptables(const json_t *ruleset, const char *family)
{
    for (size_t i = 0; i < json_array_size(ruleset); i++) {
        const json_t *chain = json_object_get(json_array_get(ruleset, i), "chain");

        if (chain && span_eq(text_of(chain, "family"), span_of(family)) && is_builtin(chain))
            return true;
    }
    return false;
}

static bool is_of_iptables(const json_t *object)
{
    static const char *const tables[] = {"filter", "mangle", "raw", "security", "nat"};

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (!span_eq(text_of(object, "family"), SPAN("inet")) &&
            span_eq(text_of(object, "table"), span_of(tables[i])))
            return true;
    return false;
}

static bool is_relevant(const struct reading *reading, const json_t *object)
{
    struct span family = text_of(object, "family");
    bool sees = span_eq(family, SPAN("inet")) ||
                span_eq(family, reading->packet->family == AF_INET6 ? SPAN("ip6") : SPAN("ip"));
    bool is_ours =
        span_eq(family, SPAN("inet")) && span_eq(text_of(object, "table"), SPAN(GATEWAY_NFT_TABLE));

    return sees && !is_ours && !(reading->skip_iptables && is_of_iptables(object));
}

/* A chain of the type nat gets no hook, because it does not filter. */
static void add_chain(const struct reading *reading, const json_t *listed)
{
    struct firewall_chain *chain;

    chain = firewall_add_chain(reading->firewall, text_of(listed, "family"), text_of(listed, "table"),
                               text_of(listed, "name"));
    if (text_of(listed, "hook").n && !span_eq(text_of(listed, "type"), SPAN("nat")))
        chain->hook = mem_copy_string(text_of(listed, "hook"));
    chain->drops_by_policy = span_eq(text_of(listed, "policy"), SPAN("drop"));
}

/* Returns FIREWALL_NONE for a statement without a verdict. */
static enum firewall_verdict verdict_of(const json_t *statement, struct span *target)
{
    static const struct {
        const char *name;
        enum firewall_verdict verdict;
    } verdicts[] = {
        {"accept", FIREWALL_ACCEPT}, {"drop", FIREWALL_DROP},    {"reject", FIREWALL_DROP},
        {"return", FIREWALL_RETURN}, {"queue", FIREWALL_ACCEPT}, {"jump", FIREWALL_JUMP},
        {"goto", FIREWALL_GOTO},
    };
    const json_t *xt = json_object_get(statement, "xt");

    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (json_object_get(statement, verdicts[i].name)) {
            *target = text_of(json_object_get(statement, verdicts[i].name), "target");
            return verdicts[i].verdict;
        }
    if (span_eq(text_of(xt, "type"), SPAN("target")) && span_eq(text_of(xt, "name"), SPAN("REJECT")))
        return FIREWALL_DROP;
    return FIREWALL_NONE;
}

/* Adds a rule per element of {"vmap": {"key": ..., "data": {"set": [[value, {verdict}], ...]} or
 * "@name"}}. */
static void add_map(const struct reading *reading, const json_t *rule, const json_t *map,
                    enum firewall_match match, struct firewall_chain *chain)
{
    const json_t *data = json_object_get(map, "data"), *list = json_object_get(data, "set");
    const char *name = json_string_value(data);
    bool is_dynamic = false;

    if (name && name[0] == '@')
        list = firewall_nft_elements(reading->ruleset, rule, name + 1, &is_dynamic);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *pair = json_array_get(list, i);
        enum firewall_match has_key = firewall_nft_key_has(
            reading->ruleset, rule, reading->packet, json_object_get(map, "key"), json_array_get(pair, 0));
        struct span target = SPAN("");
        enum firewall_verdict verdict = verdict_of(json_array_get(pair, 1), &target);

        firewall_add_rule(chain, firewall_and(match, has_key), verdict, target);
    }
}

static void add_rule(const struct reading *reading, const json_t *rule)
{
    const json_t *statements = json_object_get(rule, "expr"), *map;
    struct firewall_chain *chain = firewall_find_chain(reading->firewall, text_of(rule, "family"),
                                                       text_of(rule, "table"), text_of(rule, "chain"));
    enum firewall_match match = FIREWALL_YES;

    for (size_t i = 0; chain && match != FIREWALL_NO && i < json_array_size(statements); i++) {
        const json_t *statement = json_array_get(statements, i);
        struct span target = SPAN("");
        enum firewall_verdict verdict = verdict_of(statement, &target);

        if (verdict != FIREWALL_NONE)
            firewall_add_rule(chain, match, verdict, target);
        else if ((map = json_object_get(statement, "vmap")))
            add_map(reading, rule, map, match, chain);
        else
            match =
                firewall_and(match, firewall_nft_match(reading->ruleset, rule, reading->packet, statement));
    }
}

void firewall_nft_read(const json_t *ruleset, const struct firewall_packet *packet, bool skip_iptables,
                       struct firewall *firewall)
{
    struct reading reading = {ruleset, packet, skip_iptables, firewall};

    for (size_t i = 0; i < json_array_size(ruleset); i++) {
        const json_t *chain = json_object_get(json_array_get(ruleset, i), "chain");

        if (chain && is_relevant(&reading, chain))
            add_chain(&reading, chain);
    }
    for (size_t i = 0; i < json_array_size(ruleset); i++) {
        const json_t *rule = json_object_get(json_array_get(ruleset, i), "rule");

        if (rule && is_relevant(&reading, rule))
            add_rule(&reading, rule);
    }
}
