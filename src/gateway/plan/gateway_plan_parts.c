/* gateway_plan_parts: compares and adds the routes and rules of a plan. */
#include "gateway/plan/gateway_plan.h"

#include "base/network.h"

#include <assert.h>

bool gateway_is_own(const struct gateway_facts *facts, const union inet_address *address)
{
    struct inet_network host = {*address, address->any.sa_family == AF_INET6 ? 128 : 32};

    for (size_t i = 0; i < facts->own.n; i++)
        if (network_has(&host, &facts->own.at[i]))
            return true;
    return false;
}

static bool is_same_network(const struct inet_network *a, const struct inet_network *b)
{
    return a->bits == b->bits && (!a->bits || network_covers(a, b));
}

bool gateway_rule_equals(const struct gateway_rule *a, const struct gateway_rule *b)
{
    return a->family == b->family && a->kind == b->kind && a->priority == b->priority &&
           a->table == b->table && a->target == b->target && a->mark.value == b->mark.value &&
           a->mark.mask == b->mark.mask && is_same_network(&a->from, &b->from) &&
           strcmp(a->interface, b->interface) == 0 && a->port == b->port;
}

bool gateway_route_equals(const struct gateway_route *a, const struct gateway_route *b)
{
    struct inet_network via_a = {a->via, 128}, via_b = {b->via, 128};

    via_a.bits = via_b.bits = a->family == AF_INET6 ? 128 : 32;
    return a->family == b->family && a->table == b->table && a->kind == b->kind && a->metric == b->metric &&
           is_same_network(&a->to, &b->to) &&
           (a->kind != GATEWAY_ROUTE_VIA || is_same_network(&via_a, &via_b));
}

void gateway_plan_add_route(struct gateway_plan *plan, struct gateway_route route)
{
    assert(plan->route_count < GATEWAY_ROUTES_MAX);
    plan->routes[plan->route_count++] = route;
}

void gateway_plan_add_rule(struct gateway_plan *plan, struct gateway_rule rule)
{
    assert(plan->rule_count < GATEWAY_RULES_MAX);
    plan->rules[plan->rule_count++] = rule;
}
