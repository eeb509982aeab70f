#include "gateway/kernel/gateway_live_balance.h"

#include "gateway/plan/gateway_nft.h"
#include "gateway/plan/gateway_numbers.h"
#include "gateway/kernel/gateway_compare.h"
#include "gateway/kernel/gateway_table.h"

#include <stdio.h>
#include <stdlib.h>

/* Returns whether the text, a rule as JSON, contains a jump to the chain of proxy i. */
static bool leads_to(const char *text, char digit, size_t i)
{
    char target[32];

    snprintf(target, sizeof target, "\"" GATEWAY_PROXY_CHAIN "\"", digit, i);
    return strstr(text, target);
}

/* Returns whether the rule is in the family's balance chain. */
static bool is_balance_rule(const json_t *rule, char digit)
{
    const char *chain = json_string_value(json_object_get(rule, "chain"));
    char name[16];

    snprintf(name, sizeof name, GATEWAY_BALANCE_CHAIN, digit);
    return chain && strcmp(chain, name) == 0;
}

static uint32_t alive_in(const struct gateway *gateway, const json_t *rule, int family)
{
    size_t n = gateway_proxy_count(gateway->conf, family);
    char digit = family == AF_INET ? '4' : '6';
    char *text = json_dumps(rule, JSON_COMPACT);
    uint32_t alive = 0;

    for (size_t i = 0; text && i < n; i++)
        if (leads_to(text, digit, i))
            alive |= UINT32_C(1) << gateway_proxy_index(gateway->conf, family, i);
    free(text);
    return alive;
}

uint32_t gateway_live_balance_alive(const struct gateway *gateway, const json_t *table)
{
    uint32_t alive = 0;
    bool is_known = false;

    for (size_t i = 0; i < json_array_size(table); i++) {
        const json_t *rule = json_object_get(json_array_get(table, i), "rule");

        for (int six = 0; rule && six < 2; six++)
            if (is_balance_rule(rule, six ? '6' : '4')) {
                alive |= alive_in(gateway, rule, six ? AF_INET6 : AF_INET);
                is_known = true;
            }
    }
    return is_known ? alive : UINT32_MAX;
}

bool gateway_live_balance_compare(const struct gateway *gateway, const json_t *table,
                                  struct problems *problems, struct buf *error)
{
    uint32_t alive = gateway_live_balance_alive(gateway, table);
    struct buf statements = {0};
    json_t *expected = NULL;
    bool is_rendered;

    buf_add(&statements, buf_span(&gateway->plan->nft));
    buf_add_char(&statements, '\n');
    if (alive != UINT32_MAX)
        gateway_balance_print(gateway->conf, gateway->facts, alive, &statements);
    is_rendered = gateway_table_render(buf_span(&statements), &expected, error);
    if (is_rendered)
        gateway_compare(expected, table, problems);
    json_decref(expected);
    buf_fini(&statements);
    return is_rendered;
}
