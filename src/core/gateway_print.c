#include "conf/network.h"
#include "core/gateway_plan.h"

static void add_family(int family, struct buf *out)
{
    buf_add(out, family == AF_INET6 ? SPAN("-6 ") : SPAN("-4 "));
}

void gateway_route_print(const struct gateway_route *route, const char *verb, struct buf *out)
{
    add_family(route->family, out);
    buf_add_format(out, "route %s ", verb);
    switch (route->kind) {
    case GATEWAY_ROUTE_VIA:
        buf_add(out, SPAN("default via "));
        network_print_address(&route->via, out);
        break;
    case GATEWAY_ROUTE_UNREACHABLE: buf_add(out, SPAN("unreachable default")); break;
    case GATEWAY_ROUTE_LOCAL: buf_add(out, SPAN("local default dev lo")); break;
    }
    if (route->metric)
        buf_add_format(out, " metric %u", route->metric);
    buf_add_format(out, " table %u", route->table);
}

void gateway_rule_print(const struct gateway_rule *rule, const char *verb, struct buf *out)
{
    add_family(rule->family, out);
    buf_add_format(out, "rule %s fwmark %#x", verb, rule->mark.value);
    if (rule->mark.mask != UINT32_MAX)
        buf_add_format(out, "/%#x", rule->mark.mask);
    buf_add_format(out, " table %u priority %u", rule->table, rule->priority);
}

static void add_why(const char *why, struct buf *out)
{
    buf_add_format(out, "# %s.\n", why);
}

static void print_sysctls(const struct gateway_plan *plan, bool opens, struct buf *out)
{
    for (size_t i = 0; i < plan->sysctl_count; i++) {
        const struct gateway_sysctl *sysctl = &plan->sysctls[i];

        if (sysctl->opens != opens)
            continue;
        add_why(sysctl->why, out);
        buf_add_format(out, "sysctl -w %s=%s\n", sysctl->path, sysctl->value);
    }
}

static void print_routes(const struct gateway_plan *plan, struct buf *out)
{
    for (size_t i = 0; i < plan->route_count; i++) {
        add_why(plan->routes[i].why, out);
        buf_add(out, SPAN("ip "));
        gateway_route_print(&plan->routes[i], "add", out);
        buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < plan->rule_count; i++) {
        add_why(plan->rules[i].why, out);
        buf_add(out, SPAN("ip "));
        gateway_rule_print(&plan->rules[i], "add", out);
        buf_add_char(out, '\n');
    }
}

void gateway_plan_print(const struct gateway_plan *plan, struct buf *out)
{
    print_sysctls(plan, false, out);
    print_routes(plan, out);
    buf_add(out,
            SPAN("# One table of ours, whole or not at all; the first two lines take an earlier one away.\n"
                 "nft -f - <<'END'\n"
                 "table inet " GATEWAY_NFT_TABLE "\n"
                 "delete table inet " GATEWAY_NFT_TABLE "\n"));
    buf_add(out, buf_span(&plan->nft));
    buf_add(out, SPAN("END\n"));
    print_sysctls(plan, true, out);
}
