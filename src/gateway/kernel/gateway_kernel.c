#include "gateway/kernel/gateway_kernel.h"

#include "base/address.h"
#include "sys/durable.h"
#include "sys/tool.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

enum { IPV6_DEFAULT_METRIC = 1024 };

static const int families[] = {AF_INET, AF_INET6};

static size_t index_of(int family)
{
    return family == AF_INET ? 0 : 1;
}

/* Returns whether the kernel has no IPv6, according to errno after a failed request for the family. */
static bool is_absent(int family)
{
    return family == AF_INET6 && (errno == EAFNOSUPPORT || errno == EOPNOTSUPP);
}

bool gateway_kernel_read(struct gateway_kernel *kernel, struct buf *error)
{
    *kernel = (struct gateway_kernel){0};
    for (size_t i = 0; i < 2; i++) {
        if (!routing_read_rules(families[i], &kernel->rules[i]) && !is_absent(families[i]))
            return durable_fail(error, "the policy rules cannot be read");
        if (!routing_read_routes(families[i], 0, &kernel->routes[i]) && !is_absent(families[i]))
            return durable_fail(error, "the routes cannot be read");
    }
    return true;
}

void gateway_kernel_fini(struct gateway_kernel *kernel)
{
    for (size_t i = 0; i < 2; i++) {
        free(kernel->rules[i].at);
        free(kernel->routes[i].at);
    }
    *kernel = (struct gateway_kernel){0};
}

const struct routing_rules *gateway_kernel_rules(const struct gateway_kernel *kernel, int family)
{
    return &kernel->rules[index_of(family)];
}

const struct routing_routes *gateway_kernel_routes(const struct gateway_kernel *kernel, int family)
{
    return &kernel->routes[index_of(family)];
}

/* Returns whether the rule has a condition, or a suppression of routes, that no rule of ours has. */
static bool has_foreign_condition(const struct routing_rule *actual)
{
    return actual->is_inverted || actual->is_l3mdev || actual->has_unknown || actual->has_uids ||
           actual->to.bits || *actual->oif || actual->tos || actual->sports[1] ||
           actual->suppress_bits != ROUTING_NO_SUPPRESSION ||
           actual->suppress_group != ROUTING_NO_SUPPRESSION;
}

static bool take_action(const struct routing_rule *actual, struct gateway_rule *rule)
{
    switch (actual->action) {
    case FR_ACT_TO_TBL:
        rule->kind = GATEWAY_RULE_TABLE;
        rule->table = actual->table;
        return true;
    case FR_ACT_GOTO:
        rule->kind = GATEWAY_RULE_GOTO;
        rule->target = actual->target;
        return true;
    case FR_ACT_NOP: rule->kind = GATEWAY_RULE_NOP; return true;
    default: return false;
    }
}

static bool take_port(const struct routing_rule *actual, struct gateway_rule *rule)
{
    rule->port = actual->dports[0];
    return actual->dports[0] == actual->dports[1] && actual->protocol == (rule->port ? IPPROTO_TCP : 0);
}

bool gateway_kernel_is_rule(const struct routing_rule *actual, const struct gateway_rule *ours)
{
    struct gateway_rule rule = {.family = actual->family,
                                .priority = actual->priority,
                                .mark = {actual->mark, actual->mask},
                                .from = actual->from};

    memcpy(rule.interface, actual->iif, sizeof rule.interface);
    return !has_foreign_condition(actual) && take_action(actual, &rule) && take_port(actual, &rule) &&
           gateway_rule_equals(&rule, ours);
}

static uint8_t type_of(enum gateway_route_kind kind)
{
    switch (kind) {
    case GATEWAY_ROUTE_VIA: return RTN_UNICAST;
    case GATEWAY_ROUTE_UNREACHABLE: return RTN_UNREACHABLE;
    case GATEWAY_ROUTE_LOCAL: return RTN_LOCAL;
    case GATEWAY_ROUTE_THROW: return RTN_THROW;
    }
    return RTN_UNSPEC;
}

bool gateway_kernel_same_destination(const struct routing_route *actual, const struct gateway_route *ours)
{
    return actual->bits == ours->to.bits &&
           (!actual->bits || address_same_host(&actual->to.any, &ours->to.address.any));
}

bool gateway_kernel_is_route(const struct routing_route *actual, const struct gateway_route *ours)
{
    uint32_t metric = ours->metric || ours->family == AF_INET ? ours->metric : IPV6_DEFAULT_METRIC;

    if (actual->family != ours->family || actual->table != ours->table ||
        !gateway_kernel_same_destination(actual, ours) || actual->type != type_of(ours->kind) ||
        actual->metric != metric)
        return false;
    return ours->kind != GATEWAY_ROUTE_VIA ||
           (actual->has_via && address_same_host(&actual->via.any, &ours->via.any));
}

bool gateway_kernel_has_rule(const struct gateway_kernel *kernel, const struct gateway_rule *rule)
{
    const struct routing_rules *rules = gateway_kernel_rules(kernel, rule->family);

    for (size_t i = 0; i < rules->n; i++)
        if (gateway_kernel_is_rule(&rules->at[i], rule))
            return true;
    return false;
}

bool gateway_kernel_has_route(const struct gateway_kernel *kernel, const struct gateway_route *route)
{
    const struct routing_routes *routes = gateway_kernel_routes(kernel, route->family);

    for (size_t i = 0; i < routes->n; i++)
        if (gateway_kernel_is_route(&routes->at[i], route))
            return true;
    return false;
}

/* A line of a batch cannot have options. Therefore -4 or -6 is removed here, and given to the command. */
static void add_line(struct buf *lines, const struct buf *line)
{
    struct span text = buf_span(line);

    if (span_starts(text, SPAN("-4 ")) || span_starts(text, SPAN("-6 ")))
        text = span_from(text, 3);
    buf_add(lines, text);
    if (!span_ends(text, SPAN("\n")))
        buf_add_char(lines, '\n');
}

void gateway_batch_rule(struct gateway_batch *batch, const struct gateway_rule *rule, const char *verb)
{
    struct buf line = {0};

    gateway_rule_print(rule, verb, &line);
    add_line(&batch->lines[index_of(rule->family)], &line);
    buf_fini(&line);
}

void gateway_batch_route(struct gateway_batch *batch, const struct gateway_route *route, const char *verb)
{
    struct buf line = {0};

    gateway_route_print(route, verb, &line);
    add_line(&batch->lines[index_of(route->family)], &line);
    buf_fini(&line);
}

void gateway_tool_error(const char *name, const struct tool_result *result, struct buf *error)
{
    struct span message = span_trim(buf_span(&result->error));

    if (result->status >= 0)
        buf_add_format(error, "%s: ", name);
    while (message.n && message.p[message.n - 1] == '\n')
        message.n--;
    if (!message.n)
        buf_add_format(error, "status %d", result->status);
    for (size_t i = 0; i < message.n; i++)
        buf_add_char(error, (char)(message.p[i] == '\n' ? ' ' : message.p[i]));
}

static bool run_family(size_t i, struct buf *lines, struct buf *error)
{
    struct tool_result result;
    bool is_done;

    if (!lines->n)
        return true;
    is_done = tool_run((const char *[]){"ip", i == 0 ? "-4" : "-6", "-batch", "-", NULL}, buf_span(lines),
                       GATEWAY_TOOL_MS, &result);
    if (!is_done)
        gateway_tool_error("ip", &result, error);
    tool_result_fini(&result);
    buf_clear(lines);
    return is_done;
}

bool gateway_batch_run(struct gateway_batch *batch, struct buf *error)
{
    bool is_done = run_family(0, &batch->lines[0], error) && run_family(1, &batch->lines[1], error);

    gateway_batch_fini(batch);
    return is_done;
}

void gateway_batch_fini(struct gateway_batch *batch)
{
    buf_fini(&batch->lines[0]);
    buf_fini(&batch->lines[1]);
}
