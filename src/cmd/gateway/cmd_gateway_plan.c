#include "cmd/cmd.h"
#include "cmd/gateway_prepared.h"
#include "cmd/gateway_output.h"
#include "cmd/gateway/gateway_verbs.h"
#include "base/network.h"
#include "gateway/check/gateway_firewall.h"
#include "gateway/check/gateway_preconditions.h"

/* postern gateway plan: prints the plan that apply would install. Reads the state of this host and changes
 * nothing. */

static int family_number(int family)
{
    return family == AF_INET6 ? 6 : 4;
}

static json_t *text_json(struct buf *text)
{
    json_t *value = json_stringn(text->n ? text->p : "", text->n);

    buf_fini(text);
    return value;
}

/* Returns the network as text: "" for all addresses. */
static json_t *network_json(const struct inet_network *network)
{
    struct buf text = {0};

    if (network->bits)
        network_print(network, &text);
    return text_json(&text);
}

static json_t *route_json(const struct gateway_route *route)
{
    static const char *const kinds[] = {[GATEWAY_ROUTE_VIA] = "via",
                                        [GATEWAY_ROUTE_UNREACHABLE] = "unreachable",
                                        [GATEWAY_ROUTE_LOCAL] = "local",
                                        [GATEWAY_ROUTE_THROW] = "throw"};
    struct buf command = {0}, via = {0};
    json_t *value;

    gateway_route_print(route, "add", &command);
    value = json_pack("{s:i, s:I, s:s, s:I, s:s, s:o}", "family", family_number(route->family), "table",
                      (json_int_t)route->table, "kind", kinds[route->kind], "metric",
                      (json_int_t)route->metric, "why", route->why, "ip", text_json(&command));
    json_object_set_new(value, "to", network_json(&route->to));
    if (route->kind != GATEWAY_ROUTE_VIA)
        return value;
    network_print_address(&route->via, &via);
    json_object_set_new(value, "via", text_json(&via));
    return value;
}

static json_t *rule_json(const struct gateway_rule *rule)
{
    static const char *const kinds[] = {
        [GATEWAY_RULE_TABLE] = "table", [GATEWAY_RULE_GOTO] = "goto", [GATEWAY_RULE_NOP] = "nop"};
    struct buf command = {0};

    gateway_rule_print(rule, "add", &command);
    return json_pack("{s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:s, s:i, s:s, s:o}", "family",
                     family_number(rule->family), "kind", kinds[rule->kind], "priority",
                     (json_int_t)rule->priority, "table", (json_int_t)rule->table, "target",
                     (json_int_t)rule->target, "mark", (json_int_t)rule->mark.value, "mask",
                     (json_int_t)rule->mark.mask, "from", network_json(&rule->from), "interface",
                     rule->interface, "port", (int)rule->port, "why", rule->why, "ip", text_json(&command));
}

static json_t *plan_json(const struct gateway_plan *plan, const struct problems *problems)
{
    json_t *sysctls = json_array(), *routes = json_array(), *rules = json_array();

    for (size_t i = 0; i < plan->sysctl_count; i++)
        json_array_append_new(sysctls,
                              json_pack("{s:s, s:s, s:b, s:s}", "path", plan->sysctls[i].path, "value",
                                        plan->sysctls[i].value, "last", plan->sysctls[i].enables_forwarding,
                                        "why", plan->sysctls[i].why));
    for (size_t i = 0; i < plan->route_count; i++)
        json_array_append_new(routes, route_json(&plan->routes[i]));
    for (size_t i = 0; i < plan->rule_count; i++)
        json_array_append_new(rules, rule_json(&plan->rules[i]));
    return json_pack("{s:o, s:o, s:o, s:s%, s:o}", "sysctls", sysctls, "routes", routes, "rules", rules,
                     "nft", plan->nft.p, plan->nft.n, "problems", gateway_problems_json(problems));
}

static int print_text(const struct gateway_plan *plan)
{
    struct buf text = {0};

    gateway_plan_print(plan, &text);
    return gateway_output(&text);
}

/* Prints the plan even if this host does not meet the preconditions. */
static int print_plan(struct gateway_prepared *prepared, bool json)
{
    if (gateway_preconditions_has_access(false, &prepared->problems)) {
        gateway_preconditions_check(&prepared->gateway, &prepared->problems);
        gateway_firewall_check(&prepared->gateway, &prepared->problems);
    }
    gateway_output_problems(&prepared->problems);
    return json ? gateway_output_json(plan_json(&prepared->plan, &prepared->problems))
                : print_text(&prepared->plan);
}

static int print_problems(const struct problems *problems, bool json)
{
    gateway_output_problems(problems);
    return json ? gateway_output_json(json_pack("{s:o}", "problems", gateway_problems_json(problems)))
                : CMD_FAILED;
}

int cmd_gateway_plan(const struct conf *conf, const struct gateway_options *options)
{
    struct gateway_prepared prepared;
    int status;

    if (gateway_prepare(&prepared, conf))
        status = print_plan(&prepared, options->json);
    else
        status = print_problems(&prepared.problems, options->json);
    if (prepared.problems.errors)
        status = CMD_FAILED;
    gateway_prepared_fini(&prepared);
    return status;
}
