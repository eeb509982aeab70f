#include "gateway/check/gateway_conflicts.h"

#include "base/network.h"
#include "gateway/apply/gateway_state.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

bool gateway_conflicts_matches(const struct routing_rule *rule, const struct fwmark *ours)
{
    return ((rule->mark ^ ours->value) & rule->mask & ours->mask) == 0;
}

static bool is_our_rule(const struct gateway *gateway, const struct gateway_state *state,
                        const struct routing_rule *rule)
{
    for (size_t i = 0; i < gateway->plan->rule_count; i++)
        if (gateway_kernel_is_rule(rule, &gateway->plan->rules[i]))
            return true;
    for (size_t i = 0; i < state->rule_count; i++)
        if (gateway_kernel_is_rule(rule, &state->rules[i]))
            return true;
    return false;
}

/* Returns a planned rule whose mark matches the mark condition of the kernel's rule. NULL: there is none, or
 * the kernel's rule has no mark condition. */
static const struct gateway_rule *find_planned(const struct gateway_plan *plan,
                                               const struct routing_rule *rule)
{
    for (size_t i = 0; rule->mask && i < plan->rule_count; i++)
        if (plan->rules[i].family == rule->family && plan->rules[i].mark.mask & rule->mask &&
            gateway_conflicts_matches(rule, &plan->rules[i].mark))
            return &plan->rules[i];
    return NULL;
}

static const char *family_name(int family)
{
    return family == AF_INET ? "IPv4" : "IPv6";
}

static void check_rules(const struct gateway *gateway, const struct gateway_state *state,
                        const struct routing_rules *rules, struct problems *problems)
{
    for (size_t i = 0; i < rules->n; i++) {
        const struct routing_rule *rule = &rules->at[i];
        const struct gateway_rule *ours = find_planned(gateway->plan, rule);

        if (ours && !is_our_rule(gateway, state, rule))
            problems_add(problems, true,
                         "the mark %#x is used by another %s rule (ip rule, priority %u, mark "
                         "%#x/%#x): choose another with [gateway] mark",
                         ours->mark.value, family_name(rule->family), rule->priority, rule->mark, rule->mask);
    }
}

static bool is_our_route(const struct gateway *gateway, const struct gateway_state *state,
                         const struct routing_route *route)
{
    for (size_t i = 0; i < gateway->plan->route_count; i++)
        if (gateway_kernel_is_route(route, &gateway->plan->routes[i]))
            return true;
    for (size_t i = 0; i < state->route_count; i++)
        if (gateway_kernel_is_route(route, &state->routes[i]))
            return true;
    return false;
}

static bool has_table(const struct gateway_plan *plan, int family, uint32_t table)
{
    for (size_t i = 0; i < plan->route_count; i++)
        if (plan->routes[i].family == family && plan->routes[i].table == table)
            return true;
    return false;
}

/* Returns whether the route is a default route in a table that is ours according to the journal. Such a route
 * may have replaced ours. */
static bool replaces_ours(const struct gateway_state *state, const struct routing_route *route)
{
    for (size_t i = 0; route->bits == 0 && i < state->route_count; i++)
        if (state->routes[i].family == route->family && state->routes[i].table == route->table)
            return true;
    return false;
}

static void report_route(const struct routing_route *route, bool is_replaced, struct problems *problems)
{
    struct buf via = {0};

    if (route->has_via)
        network_print_address(&route->via, &via);
    if (is_replaced)
        problems_add(problems, false, "%s routing table %u has a default route that is not ours%s%s",
                     family_name(route->family), route->table, via.n ? ", to " : "", buf_c_str(&via));
    else
        problems_add(problems, true,
                     "the %s routing table %u is in use (ip route show table %u): choose "
                     "another with [gateway] table",
                     family_name(route->family), route->table, route->table);
    buf_fini(&via);
}

/* Reports only one route per table. */
static void check_routes(const struct gateway *gateway, const struct gateway_state *state,
                         const struct routing_routes *routes, struct problems *problems)
{
    uint32_t reported = 0;

    for (size_t i = 0; i < routes->n; i++) {
        const struct routing_route *route = &routes->at[i];

        if (route->table == reported || !has_table(gateway->plan, route->family, route->table) ||
            is_our_route(gateway, state, route))
            continue;
        report_route(route, replaces_ours(state, route), problems);
        reported = route->table;
    }
}

void gateway_conflicts_routing(const struct gateway *gateway, const struct gateway_kernel *kernel,
                               struct problems *problems)
{
    struct gateway_state state;
    struct buf error = {0};

    if (!gateway_state_load(gateway->conf->postern.runtime_directory, &state, &error))
        problems_add(problems, true, "%s", buf_c_str(&error));
    for (size_t i = 0; i < 2; i++) {
        check_rules(gateway, &state, &kernel->rules[i], problems);
        check_routes(gateway, &state, &kernel->routes[i], problems);
    }
    gateway_state_fini(&state);
    buf_fini(&error);
}
