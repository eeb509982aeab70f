#include "cmd/cmd.h"
#include "cmd/gateway_say.h"
#include "cmd/gateway_verbs.h"
#include "conf/network.h"
#include "core/gateway_plan.h"
#include "svc/gateway_facts.h"

/* postern gateway plan: what apply would do, for people or as JSON. Looks at this host, changes nothing. */

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

static json_t *route_json(const struct gateway_route *route)
{
    static const char *const kinds[] = {[GATEWAY_ROUTE_VIA] = "via",
                                        [GATEWAY_ROUTE_UNREACHABLE] = "unreachable",
                                        [GATEWAY_ROUTE_LOCAL] = "local"};
    struct buf command = {0}, via = {0};
    json_t *value;

    gateway_route_print(route, "add", &command);
    value = json_pack("{s:i, s:I, s:s, s:I, s:s, s:o}", "family", family_number(route->family), "table",
                      (json_int_t)route->table, "kind", kinds[route->kind], "metric",
                      (json_int_t)route->metric, "why", route->why, "ip", text_json(&command));
    if (route->kind != GATEWAY_ROUTE_VIA)
        return value;
    network_print_address(&route->via, &via);
    json_object_set_new(value, "via", text_json(&via));
    return value;
}

static json_t *rule_json(const struct gateway_rule *rule)
{
    struct buf command = {0};

    gateway_rule_print(rule, "add", &command);
    return json_pack("{s:i, s:I, s:I, s:I, s:I, s:s, s:o}", "family", family_number(rule->family), "priority",
                     (json_int_t)rule->priority, "table", (json_int_t)rule->table, "mark",
                     (json_int_t)rule->mark.value, "mask", (json_int_t)rule->mark.mask, "why", rule->why,
                     "ip", text_json(&command));
}

static json_t *plan_json(const struct gateway_plan *plan, const struct conf_problems *problems)
{
    json_t *sysctls = json_array(), *routes = json_array(), *rules = json_array();

    for (size_t i = 0; i < plan->sysctl_count; i++)
        json_array_append_new(sysctls, json_pack("{s:s, s:s, s:b, s:s}", "path", plan->sysctls[i].path,
                                                 "value", plan->sysctls[i].value, "last",
                                                 plan->sysctls[i].opens, "why", plan->sysctls[i].why));
    for (size_t i = 0; i < plan->route_count; i++)
        json_array_append_new(routes, route_json(&plan->routes[i]));
    for (size_t i = 0; i < plan->rule_count; i++)
        json_array_append_new(rules, rule_json(&plan->rules[i]));
    return json_pack("{s:o, s:o, s:o, s:s%, s:o}", "sysctls", sysctls, "routes", routes, "rules", rules,
                     "nft", plan->nft.p, plan->nft.n, "problems", gateway_problems_json(problems));
}

static int show(const struct gateway_plan *plan, const struct conf_problems *problems, bool json)
{
    struct buf text = {0};

    if (json)
        return gateway_say_json(plan_json(plan, problems));
    gateway_plan_print(plan, &text);
    return gateway_say(&text);
}

static int fail(const struct conf_problems *problems, bool json)
{
    if (json)
        gateway_say_json(json_pack("{s:o}", "problems", gateway_problems_json(problems)));
    return CMD_FAILED;
}

int gateway_show_plan(const struct conf *conf, const struct gateway_wish *wish)
{
    struct conf_problems problems = {0};
    struct gateway_plan plan = {0};
    struct gateway_facts facts;
    bool is_good = gateway_facts_read(conf, &facts, &problems);
    int status;

    is_good = gateway_plan_make(&plan, conf, &facts, &problems) && is_good;
    gateway_say_problems(&problems);
    status = is_good ? show(&plan, &problems, wish->json) : fail(&problems, wish->json);
    gateway_plan_fini(&plan);
    conf_problems_fini(&problems);
    return status;
}
