#include "gateway/check/gateway_preconditions.h"

#include "base/network.h"
#include "gateway/plan/gateway_interfaces.h"
#include "gateway/plan/gateway_listener.h"
#include "net/reverse_path.h"
#include "net/sysctl.h"
#include "gateway/check/gateway_bridge.h"
#include "gateway/check/gateway_conflicts.h"
#include "gateway/kernel/gateway_kernel.h"
#include "sys/privileges.h"
#include "sys/tool.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>

bool gateway_preconditions_has_access(bool needs_root, struct problems *problems)
{
    static const struct {
        const char *tool, *package;
    } needed[] = {{"nft", "nftables"}, {"ip", "iproute2"}};
    size_t before = problems->errors;

    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!tool_exists(needed[i].tool))
            problems_add(problems, true, "%s is not installed: install the package %s", needed[i].tool,
                         needed[i].package);
    if (needs_root && !privileges_may_configure_network())
        problems_add(problems, true, "no permission to read and change the packet filter: run as root");
    return problems->errors == before;
}

static void report_finding(const struct gateway_interface_finding *finding,
                           const struct inet_interfaces *listed, struct problems *problems)
{
    struct buf text = {0};

    gateway_interface_explain(finding, listed, &text);
    problems_add(problems, gateway_interface_finding_is_error(finding), "%s", buf_c_str(&text));
    buf_fini(&text);
}

static void check_interfaces(const struct gateway *gateway, struct problems *problems)
{
    const struct inet_interfaces *listed = &gateway->conf->gateway.interfaces;
    struct gateway_interface_findings findings;
    struct routing_interfaces all;

    if (!routing_read_interfaces(&all))
        problems_add(problems, true, "the interfaces cannot be read: %s", strerror(errno));
    gateway_interfaces_check(listed, &gateway->facts->uplinks, &all, &findings);
    for (size_t i = 0; i < findings.n; i++)
        report_finding(&findings.at[i], listed, problems);
    free(all.at);
}

static bool needs_ipv6(const struct gateway_plan *plan)
{
    for (size_t i = 0; i < plan->route_count; i++)
        if (plan->routes[i].family == AF_INET6)
            return true;
    return false;
}

/* Checks each interface. If IPv6 is off for the whole host, gateway_plan_make has reported that. */
static void check_ipv6(const struct gateway *gateway, struct problems *problems)
{
    char path[64];

    for (size_t i = 0; needs_ipv6(gateway->plan) && i < gateway->conf->gateway.interfaces.n; i++) {
        const char *name = gateway->conf->gateway.interfaces.at[i];

        snprintf(path, sizeof path, "net/ipv6/conf/%s/disable_ipv6", name);
        if (sysctl_is(path, "1"))
            problems_add(problems, true,
                         "IPv6 is off on %s, but the plan has IPv6 proxies: set "
                         "net.ipv6.conf.%s.disable_ipv6 to 0",
                         name, name);
    }
}

/* Warns of default routes that came by router advertisement. Enabling forwarding removes such a route, unless
 * accept_ra is 2. */
static void check_advertised(const struct gateway_kernel *kernel, struct problems *problems)
{
    const struct routing_routes *routes = gateway_kernel_routes(kernel, AF_INET6);
    char name[IF_NAMESIZE], path[64];

    for (size_t i = 0; i < routes->n; i++) {
        const struct routing_route *route = &routes->at[i];

        if (route->protocol != RTPROT_RA || route->bits || !if_indextoname(route->interface, name))
            continue;
        snprintf(path, sizeof path, "net/ipv6/conf/%s/accept_ra", name);
        if (!sysctl_is(path, "2"))
            problems_add(problems, false,
                         "the IPv6 default route on %s is advertised by a router, and is lost when "
                         "forwarding is on: set net.ipv6.conf.%s.accept_ra to 2",
                         name, name);
    }
}

/* Returns whether a rule without a mark leads to the table main (`ip rule flush` removes this rule). Also
 * true if the rules cannot be read. */
static bool has_main_rule(int family)
{
    struct routing_rules rules;
    bool has_rule = !routing_read_rules(family, &rules);

    for (size_t i = 0; i < rules.n; i++)
        has_rule = has_rule || (rules.at[i].table == RT_TABLE_MAIN && !rules.at[i].mask);
    free(rules.at);
    return has_rule;
}

static void report_no_route(int family, const char *proxy, int why, struct problems *problems)
{
    if (why == ENETUNREACH && !has_main_rule(family))
        problems_add(problems, true,
                     "[gateway] proxies: there is no route to %s, because the policy rule for the "
                     "table main is missing: ip %s rule add table main priority 32766",
                     proxy, family == AF_INET ? "-4" : "-6");
    else
        problems_add(problems, true, "[gateway] proxies: %s is not on a network of this host: %s", proxy,
                     strerror(why));
}

static void check_proxy(const union inet_address *proxy, struct problems *problems)
{
    struct buf name = {0}, by = {0};
    struct routing_route route;

    network_print_address(proxy, &name);
    if (!routing_lookup(proxy, NULL, 0, 0, &route)) {
        report_no_route(proxy->any.sa_family, buf_c_str(&name), errno, problems);
    } else if (route.has_via) {
        network_print_address(&route.via, &by);
        problems_add(
            problems, true,
            "[gateway] proxies: %s is not on a network of this host: the router %s would forward packets "
            "without their mark",
            buf_c_str(&name), buf_c_str(&by));
    }
    buf_fini(&by);
    buf_fini(&name);
}

static void check_proxies(const struct gateway *gateway, struct problems *problems)
{
    const struct conf *conf = gateway->conf;

    for (size_t i = 0; conf->gateway.roles & GATEWAY_MIRROR && i < conf->gateway.proxies.n; i++) {
        const union inet_address *proxy = &conf->gateway.proxies.at[i];

        if (proxy->any.sa_family == AF_INET || gateway->facts->has_ipv6)
            check_proxy(proxy, problems);
    }
}

static bool is_planned(const struct gateway_plan *plan, const char *interface)
{
    char path[sizeof plan->sysctls[0].path];

    snprintf(path, sizeof path, "net/ipv4/conf/%s/src_valid_mark", interface);
    for (size_t i = 0; i < plan->sysctl_count; i++)
        if (strcmp(plan->sysctls[i].path, path) == 0)
            return true;
    return false;
}

/* With source = client or TPROXY, a mark keeps packets for foreign addresses on this host (net/reverse_path).
 * The plan turns src_valid_mark off for "all" and the listed interfaces, so these are not reported. */
static void check_reverse_path(const struct gateway *gateway, struct problems *problems)
{
    const struct conf *conf = gateway->conf;
    char interface[IF_NAMESIZE];

    if (!(conf->gateway.roles & GATEWAY_PROXY) ||
        (gateway_listener_with(conf, INTERCEPTION_TPROXY) == PROTOCOLS_MAX &&
         conf->upstream.source != SOURCE_CLIENT))
        return;
    if (reverse_path_uses_marks(interface) && !is_planned(gateway->plan, interface))
        problems_add(problems, true,
                     "interface %s has rp_filter and src_valid_mark: together they drop packets that TPROXY "
                     "keeps on this host; set net.ipv4.conf.%s.src_valid_mark and that of all to 0",
                     interface, interface);
}

void gateway_preconditions_check(const struct gateway *gateway, struct problems *problems)
{
    struct gateway_kernel kernel;
    struct buf error = {0};

    check_interfaces(gateway, problems);
    check_ipv6(gateway, problems);
    check_proxies(gateway, problems);
    check_reverse_path(gateway, problems);
    gateway_bridge_check(gateway, problems);
    if (gateway_kernel_read(&kernel, &error)) {
        check_advertised(&kernel, problems);
        gateway_conflicts_routing(gateway, &kernel, problems);
    } else {
        problems_add(problems, true, "%s", buf_c_str(&error));
    }
    gateway_kernel_fini(&kernel);
    buf_fini(&error);
}
