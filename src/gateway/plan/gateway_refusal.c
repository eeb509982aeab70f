#include "gateway/plan/gateway_refusal.h"

#include "base/network.h"
#include "gateway/plan/gateway_listener.h"
#include "gateway/plan/gateway_numbers.h"

#include <stdio.h>

enum { METRIC_UNREACHABLE = 4000 };

static const char why_end[] = "Target of goto for packets that skip the refusal table";
static const char why_from[] = "Packets from bypass and from the proxies skip the refusal table";
static const char why_refuse[] =
    "Mail without a mark, as after `nft flush ruleset`, is looked up in the refusal table";
static const char why_throw[] =
    "The refusal table leaves destinations that are never diverted to later rules";
static const char why_table[] = "The refusal table refuses all other destinations";

static struct inet_network host_of(const union inet_address *address)
{
    return (struct inet_network){*address, address->any.sa_family == AF_INET6 ? 128 : 32};
}

static void skip_refusal(struct gateway_plan *plan, const struct inet_network *from)
{
    gateway_plan_add_rule(plan, (struct gateway_rule){.family = from->address.any.sa_family,
                                                      .kind = GATEWAY_RULE_GOTO,
                                                      .priority = GATEWAY_SKIP_PRIORITY,
                                                      .target = GATEWAY_END_PRIORITY,
                                                      .from = *from,
                                                      .why = why_from});
}

static void skip_refusal_from(struct gateway_plan *plan, const struct conf *conf, int family)
{
    for (size_t i = 0; i < conf->gateway.bypass.n; i++)
        if (conf->gateway.bypass.at[i].address.any.sa_family == family)
            skip_refusal(plan, &conf->gateway.bypass.at[i]);
    for (size_t i = 0; i < gateway_proxy_count(conf, family); i++) {
        struct inet_network proxy = host_of(gateway_proxy_at(conf, family, i));

        skip_refusal(plan, &proxy);
    }
}

static void refuse(struct gateway_plan *plan, const struct conf *conf, int family, const char *interface)
{
    struct inet_ports diverted;

    gateway_listener_diverted(conf, &diverted);
    for (size_t i = 0; i < diverted.n; i++) {
        struct gateway_rule rule = {.family = family,
                                    .priority = GATEWAY_REFUSE_PRIORITY,
                                    .table = gateway_refusal_table(conf),
                                    .port = diverted.at[i],
                                    .why = why_refuse};

        snprintf(rule.interface, sizeof rule.interface, "%s", interface);
        gateway_plan_add_rule(plan, rule);
    }
}

/* A network in both `lan` and `bypass` needs only one route. */
static bool has_route(const struct gateway_plan *plan, const struct gateway_route *route)
{
    for (size_t i = 0; i < plan->route_count; i++)
        if (gateway_route_equals(&plan->routes[i], route))
            return true;
    return false;
}

static void throw_networks(struct gateway_plan *plan, const struct conf *conf, int family,
                           const struct inet_networks *networks)
{
    for (size_t i = 0; i < networks->n; i++) {
        struct gateway_route route = {.family = family,
                                      .table = gateway_refusal_table(conf),
                                      .kind = GATEWAY_ROUTE_THROW,
                                      .to = networks->at[i],
                                      .why = why_throw};

        if (route.to.address.any.sa_family == family && !has_route(plan, &route))
            gateway_plan_add_route(plan, route);
    }
}

void gateway_refusal_add(struct gateway_plan *plan, const struct conf *conf, int family)
{
    throw_networks(plan, conf, family, &conf->gateway.lan);
    throw_networks(plan, conf, family, &conf->gateway.bypass);
    gateway_plan_add_route(plan, (struct gateway_route){.family = family,
                                                        .table = gateway_refusal_table(conf),
                                                        .kind = GATEWAY_ROUTE_UNREACHABLE,
                                                        .metric = METRIC_UNREACHABLE,
                                                        .why = why_table});
    gateway_plan_add_rule(plan, (struct gateway_rule){.family = family,
                                                      .kind = GATEWAY_RULE_NOP,
                                                      .priority = GATEWAY_END_PRIORITY,
                                                      .why = why_end});
    skip_refusal_from(plan, conf, family);
    for (size_t i = 0; i < conf->gateway.interfaces.n; i++)
        refuse(plan, conf, family, conf->gateway.interfaces.at[i]);
}
