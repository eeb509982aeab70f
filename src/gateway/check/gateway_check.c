#include "gateway/check/gateway_check.h"

#include "base/network.h"
#include "gateway/plan/routing_walk.h"
#include "base/address.h"
#include "net/sysctl.h"
#include "gateway/check/gateway_firewall.h"
#include "gateway/check/gateway_conflicts.h"
#include "gateway/check/gateway_preconditions.h"
#include "gateway/kernel/gateway_refused.h"
#include "gateway/kernel/gateway_live_balance.h"
#include "gateway/apply/gateway_state.h"
#include "gateway/kernel/gateway_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#define APPLY_CORRECTS "; `postern gateway apply` corrects it"

void gateway_check_table(const struct gateway *gateway, struct problems *problems)
{
    struct buf error = {0};
    json_t *table = NULL;

    if (!gateway_table_read(&table, &error) ||
        !gateway_live_balance_compare(gateway, table, problems, &error))
        problems_add(problems, true, "the nftables table could not be compared: %s", buf_c_str(&error));
    gateway_refused_check(gateway, table, problems);
    json_decref(table);
    buf_fini(&error);
}

static void check_rules(const struct gateway_plan *plan, const struct gateway_kernel *kernel,
                        struct problems *problems)
{
    for (size_t i = 0; i < plan->rule_count; i++) {
        struct buf line = {0};

        gateway_rule_print(&plan->rules[i], "add", &line);
        if (!gateway_kernel_has_rule(kernel, &plan->rules[i]))
            problems_add(problems, true, "a policy rule is missing: ip %s", buf_c_str(&line));
        buf_fini(&line);
    }
}

/* Finds a route that has the table, destination and metric of ours. */
static const struct routing_route *find_other(const struct routing_routes *routes,
                                              const struct gateway_route *ours)
{
    for (size_t i = 0; i < routes->n; i++)
        if (routes->at[i].table == ours->table && gateway_kernel_same_destination(&routes->at[i], ours) &&
            routes->at[i].metric == ours->metric)
            return &routes->at[i];
    return NULL;
}

static void check_routes(const struct gateway_plan *plan, const struct gateway_kernel *kernel,
                         struct problems *problems)
{
    for (size_t i = 0; i < plan->route_count; i++) {
        const struct gateway_route *route = &plan->routes[i];
        const struct routing_route *other = find_other(gateway_kernel_routes(kernel, route->family), route);
        struct buf line = {0}, via = {0};

        gateway_route_print(route, "add", &line);
        if (other && other->has_via)
            network_print_address(&other->via, &via);
        if (gateway_kernel_has_route(kernel, route))
            ;
        else if (via.n)
            problems_add(problems, true, "a route leads to %s instead: expected ip %s", buf_c_str(&via),
                         buf_c_str(&line));
        else
            problems_add(problems, true, "a route is missing: ip %s", buf_c_str(&line));
        buf_fini(&line);
        buf_fini(&via);
    }
}

static enum gateway_settings_part part_of(const struct gateway_sysctl *sysctl)
{
    if (sysctl->enables_forwarding)
        return GATEWAY_SETTINGS_FORWARDING;
    if (span_ends(span_of(sysctl->path), SPAN("/tcp_mtu_probing")))
        return GATEWAY_SETTINGS_PATH_MTU;
    return span_ends(span_of(sysctl->path), SPAN("_redirects")) ? GATEWAY_SETTINGS_REDIRECTS
                                                                : GATEWAY_SETTINGS_OTHERS;
}

void gateway_check_settings(const struct gateway_plan *plan, unsigned parts, struct problems *problems)
{
    for (size_t i = 0; i < plan->sysctl_count; i++) {
        const struct gateway_sysctl *sysctl = &plan->sysctls[i];
        struct buf value = {0};

        if (!(parts & part_of(sysctl)))
            continue;
        if (!sysctl_read(sysctl->path, &value))
            problems_add(problems, true, "%s cannot be read: %s", sysctl->path, strerror(errno));
        else if (strcmp(buf_c_str(&value), sysctl->value) != 0)
            problems_add(problems, true, "%s is %s, not %s: %s", sysctl->path, buf_c_str(&value),
                         sysctl->value, sysctl->why);
        buf_fini(&value);
    }
}

/* Returns an address of a documentation network (RFC 5737, RFC 3849), which is reached by the default route
 * only. */
static union inet_address test_net_address(int family)
{
    union inet_address address = {.any.sa_family = (sa_family_t)family};

    if (family == AF_INET)
        inet_pton(AF_INET, "192.0.2.1", &address.in.sin_addr);
    else
        inet_pton(AF_INET6, "2001:db8:ffff::1", &address.in6.sin6_addr);
    return address;
}

/* Returns whether the rule can decide about clients' packets. The local table has no routes for them. A rule
 * without a table is for VRFs. */
static bool can_decide(const struct routing_rule *rule)
{
    if (rule->action == FR_ACT_TO_TBL)
        return rule->table != RT_TABLE_LOCAL && rule->table != RT_TABLE_UNSPEC;
    return rule->action != FR_ACT_NOP;
}

/* Finds a rule before ours that might match a packet with our mark. */
static const struct routing_rule *find_earlier(const struct routing_rules *rules,
                                               const struct gateway_rule *ours)
{
    for (size_t i = 0; i < rules->n; i++) {
        const struct routing_rule *rule = &rules->at[i];

        if (rule->priority < ours->priority && can_decide(rule) &&
            gateway_conflicts_matches(rule, &ours->mark))
            return rule;
    }
    return NULL;
}

static const struct gateway_route *find_proxy_route(const struct gateway_plan *plan,
                                                    const struct gateway_rule *rule)
{
    for (size_t i = 0; i < plan->route_count; i++)
        if (plan->routes[i].family == rule->family && plan->routes[i].table == rule->table &&
            plan->routes[i].kind == GATEWAY_ROUTE_VIA)
            return &plan->routes[i];
    return NULL;
}

/* Returns whether the kernel routes a packet of this host with this mark to the proxy. */
static bool is_routed_to_proxy(const struct gateway_rule *rule, const struct gateway_route *proxy_route)
{
    union inet_address to = test_net_address(rule->family);
    struct routing_route route;

    return routing_lookup(&to, NULL, rule->mark.value, 0, &route) && route.table == rule->table &&
           route.has_via && address_same_host(&route.via.any, &proxy_route->via.any);
}

/* Returns an address of the family in `lan`, or the unspecified address if `lan` has none. */
static union inet_address client_of(const struct conf *conf, int family)
{
    for (size_t i = 0; i < conf->gateway.lan.n; i++)
        if (conf->gateway.lan.at[i].address.any.sa_family == family)
            return conf->gateway.lan.at[i].address;
    return (union inet_address){.any.sa_family = (sa_family_t)family};
}

/* Returns a rule of others that precedes ours and decides about a client's packet with our mark. The packet
 * may come in by any listed interface. NULL: there is no such rule. */
static const struct routing_rule *find_preceding(const struct conf *conf, const struct gateway_rule *ours,
                                                 const struct gateway_kernel *kernel)
{
    struct routing_packet packet = {.from = client_of(conf, ours->family),
                                    .to = test_net_address(ours->family),
                                    .mark = ours->mark.value,
                                    .protocol = IPPROTO_TCP,
                                    .sport = 40000,
                                    .dport = conf->gateway.ports.at[0]};
    struct routing_tables tables = {gateway_kernel_rules(kernel, ours->family),
                                    gateway_kernel_routes(kernel, ours->family), NULL};
    const struct routing_rule *found = NULL;
    struct routing_interfaces interfaces;

    routing_read_interfaces(&interfaces);
    tables.interfaces = &interfaces;
    for (size_t i = 0; !found && i < conf->gateway.interfaces.n; i++) {
        packet.interface = conf->gateway.interfaces.at[i];
        found = routing_walk(&tables, &packet).rule;
        if (found && found->priority > ours->priority)
            found = NULL;
        if (found && gateway_kernel_is_rule(found, ours))
            found = NULL;
    }
    free(interfaces.at);
    return found;
}

/* Returns the lowest unused priority after those of our rules. */
static uint32_t free_priority(const struct routing_rules *rules)
{
    uint32_t priority = GATEWAY_END_PRIORITY + 1;

    for (size_t i = 0; i < rules->n; i++) /* sorted by priority */
        if (rules->at[i].priority == priority)
            priority++;
    return priority;
}

/* Appends commands that move the rule to a later priority. There it still applies to packets without our
 * marks. */
static void print_move(const struct routing_rule *rule, const struct routing_rules *rules, struct buf *out)
{
    const char *family = rule->family == AF_INET ? "-4" : "-6";
    struct buf spec = {0};

    if (routing_rule_print(rule, &spec))
        buf_add_format(out, ": ip %s rule add %s priority %u && ip %s rule del %s priority %u", family,
                       buf_c_str(&spec), free_priority(rules), family, buf_c_str(&spec), rule->priority);
    buf_fini(&spec);
}

static void report_preceding(const struct routing_rule *rule, const struct gateway_rule *ours, bool is_sure,
                             const struct routing_rules *rules, struct problems *problems)
{
    struct buf move = {0};

    if (is_sure)
        print_move(rule, rules, &move);
    problems_add(problems, is_sure,
                 "another %s rule, with priority %u, comes before ours and %s the packets "
                 "for the proxy: move it to a priority above %u%s",
                 ours->family == AF_INET ? "IPv4" : "IPv6", rule->priority, is_sure ? "catches" : "may catch",
                 (unsigned)GATEWAY_END_PRIORITY, buf_c_str(&move));
    buf_fini(&move);
}

static void check_mark_route(const struct conf *conf, const struct gateway_rule *rule,
                             const struct gateway_route *proxy_route, const struct gateway_kernel *kernel,
                             struct problems *problems)
{
    const struct routing_rules *rules = gateway_kernel_rules(kernel, rule->family);
    const struct routing_rule *preceding = find_preceding(conf, rule, kernel);
    const struct routing_rule *earlier = find_earlier(rules, rule);

    if (preceding)
        report_preceding(preceding, rule, true, rules, problems);
    else if (!is_routed_to_proxy(rule, proxy_route))
        problems_add(problems, true,
                     "a packet with the mark %#x is not routed to the proxy (%s): see ip route get "
                     "... mark %#x",
                     rule->mark.value, rule->family == AF_INET ? "IPv4" : "IPv6", rule->mark.value);
    else if (earlier && earlier->has_more)
        report_preceding(earlier, rule, false, rules, problems);
}

static void check_mark_routes(const struct gateway *gateway, const struct gateway_kernel *kernel,
                              struct problems *problems)
{
    const struct gateway_plan *plan = gateway->plan;

    for (size_t i = 0; i < plan->rule_count; i++) {
        const struct gateway_rule *rule = &plan->rules[i];
        const struct gateway_route *proxy_route = find_proxy_route(plan, rule);

        /* A missing rule or route has already been reported. */
        if (proxy_route && gateway_kernel_has_rule(kernel, rule) &&
            gateway_kernel_has_route(kernel, proxy_route))
            check_mark_route(gateway->conf, rule, proxy_route, kernel, problems);
    }
}

static bool is_planned(const struct gateway_plan *plan, const struct gateway_rule *rule)
{
    for (size_t i = 0; i < plan->rule_count; i++)
        if (gateway_rule_equals(&plan->rules[i], rule))
            return true;
    return false;
}

void gateway_check_journal(const struct gateway *gateway, struct problems *problems)
{
    struct gateway_state state;
    struct buf error = {0};
    bool has_others = false;

    if (gateway_state_load(gateway->conf->postern.runtime_directory, &state, &error)) {
        for (size_t i = 0; i < state.rule_count; i++)
            has_others = has_others || !is_planned(gateway->plan, &state.rules[i]);
        if (state.exists && !state.is_complete)
            problems_add(problems, true, "an earlier apply or remove did not complete" APPLY_CORRECTS);
        else if (has_others)
            problems_add(problems, true, "the configuration has changed since the last apply" APPLY_CORRECTS);
        else if (!state.exists)
            problems_add(problems, false,
                         "no journal in %s: nothing was applied since the machine booted, or remove "
                         "cannot restore the earlier settings",
                         gateway->conf->postern.runtime_directory);
    }
    gateway_state_fini(&state);
    buf_fini(&error);
}

void gateway_check_routing(const struct gateway *gateway, struct problems *problems)
{
    const struct gateway_plan *plan = gateway->plan;
    struct gateway_kernel kernel;
    struct buf error = {0};

    if (gateway_kernel_read(&kernel, &error)) {
        check_rules(plan, &kernel, problems);
        check_routes(plan, &kernel, problems);
        check_mark_routes(gateway, &kernel, problems);
    } else {
        problems_add(problems, true, "%s", buf_c_str(&error));
    }
    gateway_kernel_fini(&kernel);
    buf_fini(&error);
}

void gateway_check(const struct gateway *gateway, struct problems *problems)
{
    if (!gateway_preconditions_has_access(true, problems))
        return;
    gateway_preconditions_check(gateway, problems);
    gateway_firewall_check(gateway, problems);
    gateway_check_journal(gateway, problems);
    gateway_check_table(gateway, problems);
    gateway_check_settings(gateway->plan, GATEWAY_SETTINGS_ALL, problems);
    gateway_check_routing(gateway, problems);
}
