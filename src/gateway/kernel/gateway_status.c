#include "gateway/kernel/gateway_status.h"

#include "base/network.h"
#include "gateway/plan/gateway_nft.h"
#include "gateway/plan/gateway_numbers.h"
#include "gateway/kernel/gateway_live_balance.h"
#include "gateway/kernel/gateway_table.h"

#include <stdio.h>

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* Returns the first counter in the rule, or NULL. */
static const json_t *counter_of(const json_t *rule)
{
    const json_t *expressions = json_object_get(rule, "expr");

    for (size_t i = 0; i < json_array_size(expressions); i++) {
        const json_t *counter = json_object_get(json_array_get(expressions, i), "counter");

        if (counter)
            return counter;
    }
    return NULL;
}

static json_int_t number_of(const json_t *counter, const char *key)
{
    return json_integer_value(json_object_get(counter, key));
}

json_t *gateway_status_rules(const json_t *table)
{
    json_t *rules = json_array();

    for (size_t i = 0; i < json_array_size(table); i++) {
        const json_t *rule = json_object_get(json_array_get(table, i), "rule");
        const json_t *counter = counter_of(rule);

        if (counter)
            json_array_append_new(rules, json_pack("{ss ss sI sI}", "chain", text_of(rule, "chain"), "rule",
                                                   text_of(rule, "comment"), "packets",
                                                   number_of(counter, "packets"), "bytes",
                                                   number_of(counter, "bytes")));
    }
    return rules;
}

static const json_t *find(const json_t *rules, const char *chain, const char *comment)
{
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);

        if (strcmp(text_of(rule, "chain"), chain) == 0 && strcmp(text_of(rule, "rule"), comment) == 0)
            return rule;
    }
    return NULL;
}

static json_int_t size_of_set(const json_t *table, const char *name)
{
    for (size_t i = 0; i < json_array_size(table); i++) {
        const json_t *set = json_object_get(json_array_get(table, i), "set");

        if (set && strcmp(text_of(set, "name"), name) == 0)
            return (json_int_t)json_array_size(json_object_get(set, "elem"));
    }
    return 0;
}

static json_t *proxy_json(const struct gateway *gateway, const json_t *table, const json_t *rules, int family,
                          size_t i)
{
    uint32_t alive = gateway_live_balance_alive(gateway, table);
    size_t index = gateway_proxy_index(gateway->conf, family, i);
    char digit = family == AF_INET ? '4' : '6', chain[32], set[32];
    const json_t *all, *begun;
    struct buf address = {0};
    json_t *value;

    snprintf(chain, sizeof chain, GATEWAY_PROXY_CHAIN, digit, i);
    snprintf(set, sizeof set, GATEWAY_FLOWS_SET, digit, i);
    all = find(rules, chain, GATEWAY_COMMENT_PACKETS);
    begun = find(rules, chain, GATEWAY_COMMENT_BEGUN);
    network_print_address(gateway_proxy_at(gateway->conf, family, i), &address);
    value = json_pack("{ss sb sI sI sI sI}", "address", buf_c_str(&address), "used",
                      (int)(table && alive >> index & 1), "packets", number_of(all, "packets"), "bytes",
                      number_of(all, "bytes"), "begun", number_of(begun, "packets"), "connections",
                      size_of_set(table, set));
    buf_fini(&address);
    return value;
}

static json_t *proxies_of(const struct gateway *gateway, const json_t *table, const json_t *rules)
{
    json_t *proxies = json_array();

    for (int six = 0; six < 2; six++)
        for (size_t i = 0; i < gateway_proxy_count(gateway->conf, six ? AF_INET6 : AF_INET); i++)
            json_array_append_new(proxies, proxy_json(gateway, table, rules, six ? AF_INET6 : AF_INET, i));
    return proxies;
}

json_t *gateway_status(const struct gateway *gateway, struct buf *error)
{
    json_t *table = NULL, *rules, *status;

    if (!gateway_table_read(&table, error))
        return NULL;
    rules = gateway_status_rules(table);
    status = json_pack("{sb so so}", "applied", table != NULL, "proxies", proxies_of(gateway, table, rules),
                       "rules", rules);
    json_decref(table);
    return status;
}
