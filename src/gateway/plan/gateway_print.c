#include "base/network.h"
#include "gateway/plan/gateway_plan.h"

static void add_family(int family, struct buf *out)
{
    buf_add(out, family == AF_INET6 ? SPAN("-6 ") : SPAN("-4 "));
}

static void add_destination(const struct gateway_route *route, struct buf *out)
{
    if (route->to.bits)
        network_print(&route->to, out);
    else
        buf_add(out, SPAN("default"));
}

void gateway_route_print(const struct gateway_route *route, const char *verb, struct buf *out)
{
    static const char *const types[] = {[GATEWAY_ROUTE_VIA] = "",
                                        [GATEWAY_ROUTE_UNREACHABLE] = "unreachable ",
                                        [GATEWAY_ROUTE_LOCAL] = "local ",
                                        [GATEWAY_ROUTE_THROW] = "throw "};

    add_family(route->family, out);
    buf_add_format(out, "route %s %s", verb, types[route->kind]);
    add_destination(route, out);
    if (route->kind == GATEWAY_ROUTE_VIA) {
        buf_add(out, SPAN(" via "));
        network_print_address(&route->via, out);
    }
    if (route->kind == GATEWAY_ROUTE_LOCAL)
        buf_add(out, SPAN(" dev lo"));
    if (route->metric)
        buf_add_format(out, " metric %u", route->metric);
    buf_add_format(out, " table %u", route->table);
}

static void add_conditions(const struct gateway_rule *rule, struct buf *out)
{
    if (rule->from.bits) {
        buf_add(out, SPAN(" from "));
        network_print(&rule->from, out);
    }
    if (*rule->interface)
        buf_add_format(out, " iif %s", rule->interface);
    if (rule->port) /* 6 is TCP; ip(8) knows the name only if /etc/protocols exists */
        buf_add_format(out, " ipproto 6 dport %u", rule->port);
    if (rule->mark.mask)
        buf_add_format(out, " fwmark %#x", rule->mark.value);
    if (rule->mark.mask && rule->mark.mask != UINT32_MAX)
        buf_add_format(out, "/%#x", rule->mark.mask);
}

void gateway_rule_print(const struct gateway_rule *rule, const char *verb, struct buf *out)
{
    add_family(rule->family, out);
    buf_add_format(out, "rule %s", verb);
    add_conditions(rule, out);
    switch (rule->kind) {
    case GATEWAY_RULE_TABLE: buf_add_format(out, " table %u", rule->table); break;
    case GATEWAY_RULE_GOTO: buf_add_format(out, " goto %u", rule->target); break;
    case GATEWAY_RULE_NOP: buf_add(out, SPAN(" nop")); break;
    }
    buf_add_format(out, " priority %u", rule->priority);
}

static void add_why(const char *why, struct buf *out)
{
    buf_add_format(out, "# %s.\n", why);
}

static void print_sysctls(const struct gateway_plan *plan, bool enables_forwarding, struct buf *out)
{
    for (size_t i = 0; i < plan->sysctl_count; i++) {
        const struct gateway_sysctl *sysctl = &plan->sysctls[i];

        if (sysctl->enables_forwarding != enables_forwarding)
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
    buf_add(
        out,
        SPAN("# The table is installed as a whole or not at all; the first two lines remove an earlier one.\n"
             "nft -f - <<'END'\n"
             "table inet " GATEWAY_NFT_TABLE "\n"
             "delete table inet " GATEWAY_NFT_TABLE "\n"));
    buf_add(out, buf_span(&plan->nft));
    buf_add(out, SPAN("END\n"));
    print_sysctls(plan, true, out);
}
