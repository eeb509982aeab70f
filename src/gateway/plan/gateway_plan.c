#include "gateway/plan/gateway_plan.h"

#include "base/network.h"
#include "gateway/plan/gateway_listener.h"
#include "gateway/plan/gateway_nft.h"
#include "gateway/plan/gateway_nft_parts.h"
#include "gateway/plan/gateway_numbers.h"
#include "gateway/plan/gateway_refusal.h"

#include <assert.h>
#include <stdio.h>

/* The unreachable route has the higher metric, so the kernel uses it only when the route to the proxy is
 * gone. */
enum { METRIC_PROXY = 100, METRIC_UNREACHABLE = 4000 };

static void add_mark_rule(struct gateway_plan *plan, const struct conf *conf, int family, size_t number,
                          const char *why)
{
    gateway_plan_add_rule(plan, (struct gateway_rule){
                                    .family = family,
                                    .priority = GATEWAY_RULE_PRIORITY + (uint32_t)number,
                                    .table = gateway_table(conf, number),
                                    .mark = gateway_mark(conf, number),
                                    .why = why,
                                });
}

static void route_to_proxy(struct gateway_plan *plan, const struct conf *conf, int family, size_t i)
{
    struct gateway_route route = {.family = family, .table = gateway_table(conf, i)};

    add_mark_rule(
        plan, conf, family, i,
        "Packets with the proxy's mark are routed by the proxy's table (ip rule add fwmark 6e table pop3)");
    route.kind = GATEWAY_ROUTE_VIA;
    route.via = *gateway_proxy_at(conf, family, i);
    route.metric = METRIC_PROXY;
    route.why = "The default route of the proxy's table is the proxy (ip route add default via 192.168.0.3 "
                "table pop3)";
    gateway_plan_add_route(plan, route);
    if (conf->gateway.no_proxy == NO_PROXY_PASS)
        return;
    route = (struct gateway_route){
        .family = family,
        .table = route.table,
        .kind = GATEWAY_ROUTE_UNREACHABLE,
        .metric = METRIC_UNREACHABLE,
        .why = "Refuses if the route to the proxy is gone: otherwise mail would be routed "
               "by the main table, unscanned"};
    gateway_plan_add_route(plan, route);
}

static void add_local_table(struct gateway_plan *plan, const struct conf *conf, int family)
{
    size_t number = gateway_local_number(conf);

    add_mark_rule(plan, conf, family, number,
                  "Packets with the mark of transparent sockets are routed by the table of these sockets");
    gateway_plan_add_route(
        plan, (struct gateway_route){.family = family,
                                     .table = gateway_table(conf, number),
                                     .kind = GATEWAY_ROUTE_LOCAL,
                                     .why = "In the table of transparent sockets every address is local"});
}

static void add_family(struct gateway_plan *plan, const struct conf *conf, const struct gateway_facts *facts,
                       int family)
{
    for (size_t i = 0; i < gateway_proxy_count(conf, family); i++)
        if (!gateway_is_own(facts, gateway_proxy_at(conf, family, i)))
            route_to_proxy(plan, conf, family, i);
    if (gateway_needs_local_table(conf))
        add_local_table(plan, conf, family);
    if (gateway_needs_refusal(conf))
        gateway_refusal_add(plan, conf, family);
}

static void add_sysctl(struct gateway_plan *plan, bool enables_forwarding, const char *path,
                       const char *value, const char *why)
{
    struct gateway_sysctl *sysctl = &plan->sysctls[plan->sysctl_count++];

    assert(plan->sysctl_count <= GATEWAY_SYSCTLS_MAX);
    snprintf(sysctl->path, sizeof sysctl->path, "%s", path);
    sysctl->enables_forwarding = enables_forwarding;
    sysctl->value = value;
    sysctl->why = why;
}

/* Adds a setting for "all" and for each listed interface. */
static void add_for_interfaces(struct gateway_plan *plan, const struct conf *conf, const char *name,
                               const char *value, const char *why)
{
    char path[sizeof plan->sysctls[0].path];

    snprintf(path, sizeof path, "net/ipv4/conf/all/%s", name);
    add_sysctl(plan, false, path, value, why);
    for (size_t i = 0; i < conf->gateway.interfaces.n; i++) {
        snprintf(path, sizeof path, "net/ipv4/conf/%s/%s", conf->gateway.interfaces.at[i], name);
        add_sysctl(plan, false, path, value, why);
    }
}

/* Without the role mirror, this host forwards only for clients and servers in `bypass`. Other traffic that is
 * not redirected should not pass. */
static bool needs_forwarding(const struct conf *conf)
{
    return conf->gateway.roles & GATEWAY_MIRROR ||
           (conf->gateway.roles & GATEWAY_PROXY && conf->gateway.bypass.n);
}

static void add_sysctls(struct gateway_plan *plan, const struct conf *conf, const struct gateway_facts *facts)
{
    if (conf->gateway.roles & (GATEWAY_MIRROR | GATEWAY_PROXY))
        add_for_interfaces(plan, conf, "send_redirects", "0",
                           "No ICMP redirects: they would send clients the shorter path, past the proxy");
    if (gateway_needs_local_table(conf))
        add_for_interfaces(plan, conf, "src_valid_mark", "0",
                           "rp_filter must ignore marks: with a mark every client's address looks local");
    if (conf->gateway.roles & GATEWAY_PROXY)
        add_sysctl(plan, false, "net/ipv4/tcp_mtu_probing", "1",
                   "ICMP errors about too large packets may not arrive here: TCP probes for the packet size "
                   "(for IPv6, too)");
    if (!needs_forwarding(conf))
        return;
    add_sysctl(plan, true, "net/ipv4/ip_forward", "1",
               "This host is a router: it forwards packets of other hosts");
    if (facts->has_ipv6)
        add_sysctl(plan, true, "net/ipv6/conf/all/forwarding", "1", "This host forwards IPv6 packets, too");
}

static void check_ipv6(const struct conf *conf, const struct gateway_facts *facts, struct problems *problems)
{
    if (gateway_proxy_count(conf, AF_INET6) && !facts->has_ipv6)
        problems_add(problems, true,
                     "[gateway] proxies has IPv6 addresses, but IPv6 is off on this host: turn it on "
                     "(sysctl net.ipv6.conf.all.disable_ipv6=0), or remove them");
}

static void check_own(const struct conf *conf, const struct gateway_facts *facts, struct problems *problems)
{
    bool is_proxy = conf->gateway.roles & GATEWAY_PROXY, has_own = facts->is_early;
    struct buf text = {0};

    for (size_t i = 0; conf->gateway.roles & GATEWAY_MIRROR && i < conf->gateway.proxies.n; i++) {
        const union inet_address *proxy = &conf->gateway.proxies.at[i];

        if (!gateway_is_own(facts, proxy))
            continue;
        has_own = true;
        buf_clear(&text);
        network_print_address(proxy, &text);
        if (!is_proxy)
            problems_add(problems, true,
                         "[gateway] proxies has %s, which is this host: add proxy to role, or remove the "
                         "address",
                         buf_c_str(&text));
    }
    if (is_proxy && gateway_proxy_needs_mark(conf) && !has_own)
        problems_add(
            problems, true,
            "[gateway] proxies has no address of this host: the proxy on this host would get no mail; "
            "add one, or remove proxy from role");
    buf_fini(&text);
}

static void warn_of_family(const struct conf *conf, const char *section, const char *family, bool local,
                           struct problems *problems)
{
    problems_add(problems, false, "[%s] listen has no %s address for the role %s: %s connections %s", section,
                 family, local ? "local" : "proxy", family,
                 conf->gateway.no_proxy == NO_PROXY_BLOCK ? "are refused (no_proxy = block)"
                                                          : "pass unscanned (no_proxy = pass)");
}

static void check_listener(const struct conf *conf, const struct gateway_facts *facts,
                           enum protocol_id protocol, bool local, struct problems *problems)
{
    const struct conf_listener *listener = conf_listener_of(conf, protocol);
    const char *section = protocol_id_section(protocol);

    if (!gateway_listener_address(listener, AF_INET, local) &&
        !gateway_listener_address(listener, AF_INET6, local)) {
        problems_add(problems, true, "[%s] listen has no address to which the role %s can redirect: add %s",
                     section, local ? "local" : "proxy",
                     local ? "0.0.0.0, [::] or a loopback address" : "0.0.0.0 or [::]");
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        const struct gateway_family *in = &gateway_families[i];

        if (!gateway_listener_address(listener, in->family, local) &&
            (facts->has_ipv6 || in->family == AF_INET))
            warn_of_family(conf, section, in->name, local, problems);
    }
}

static void check_listeners(const struct conf *conf, const struct gateway_facts *facts, bool local,
                            struct problems *problems)
{
    struct inet_ports ports;

    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        if (gateway_listener_ports(conf, protocol, &ports))
            check_listener(conf, facts, protocol, local, problems);
}

static void check_user(const struct conf *conf, const struct gateway_facts *facts, struct problems *problems)
{
    if (facts->user == 0 && !conf->upstream.mark)
        problems_add(problems, false,
                     "[postern] user is root: the role local does not redirect connections of root; set "
                     "another user, or [upstream] mark");
}

static void check(const struct conf *conf, const struct gateway_facts *facts, struct problems *problems)
{
    unsigned roles = conf->gateway.roles;

    if (!roles)
        problems_add(problems, true, "[gateway] role is empty: there is nothing to install on this host");
    check_ipv6(conf, facts, problems);
    check_own(conf, facts, problems);
    if (roles & GATEWAY_PROXY)
        check_listeners(conf, facts, false, problems);
    if (roles & GATEWAY_LOCAL)
        check_listeners(conf, facts, true, problems);
    if (roles & GATEWAY_LOCAL)
        check_user(conf, facts, problems);
}

bool gateway_plan_make(struct gateway_plan *plan, const struct conf *conf, const struct gateway_facts *facts,
                       struct problems *problems)
{
    size_t errors = problems->errors;

    *plan = (struct gateway_plan){0};
    check(conf, facts, problems);
    add_sysctls(plan, conf, facts);
    add_family(plan, conf, facts, AF_INET);
    if (facts->has_ipv6)
        add_family(plan, conf, facts, AF_INET6);
    gateway_nft_print(conf, facts, &plan->nft);
    return problems->errors == errors;
}

void gateway_plan_fini(struct gateway_plan *plan)
{
    buf_fini(&plan->nft);
    *plan = (struct gateway_plan){0};
}

void gateway_plan_keep_early(struct gateway_plan *plan)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->route_count; i++)
        if (plan->routes[i].kind != GATEWAY_ROUTE_VIA)
            plan->routes[n++] = plan->routes[i];
    plan->route_count = n;
    plan->sysctl_count = 0;
}
