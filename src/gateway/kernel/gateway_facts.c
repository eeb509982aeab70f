#include "gateway/kernel/gateway_facts.h"

#include "gateway/plan/gateway_numbers.h"
#include "base/address.h"
#include "net/routing.h"
#include "net/sysctl.h"
#include "sys/privileges.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

static bool is_proxy(const struct conf *conf, const struct sockaddr *address)
{
    for (size_t i = 0; i < conf->gateway.proxies.n; i++)
        if (address_same_host(&conf->gateway.proxies.at[i].any, address))
            return true;
    return false;
}

static void add_address(struct inet_addresses *own, const struct sockaddr *address)
{
    union inet_address *at = &own->at[own->n];

    if (own->n == CONF_LIST_MAX)
        return;
    *at = (union inet_address){.any.sa_family = address->sa_family};
    if (address->sa_family == AF_INET)
        at->in.sin_addr = ((const struct sockaddr_in *)(const void *)address)->sin_addr;
    else
        at->in6.sin6_addr = ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    own->n++;
}

static bool read_addresses(const struct conf *conf, struct inet_addresses *own)
{
    struct ifaddrs *all;

    if (getifaddrs(&all) < 0)
        return false;
    for (int proxies = 1; proxies >= 0; proxies--)
        for (const struct ifaddrs *i = all; i; i = i->ifa_next)
            if (i->ifa_addr && (i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6) &&
                is_proxy(conf, i->ifa_addr) == proxies)
                add_address(own, i->ifa_addr);
    freeifaddrs(all);
    return true;
}

/* Returns whether the route is a default route by an interface, and is not in our tables. */
static bool is_uplink(const struct conf *conf, const struct routing_route *route)
{
    bool is_ours =
        route->table >= conf->gateway.table && route->table - conf->gateway.table < gateway_table_count(conf);

    return route->bits == 0 && route->type == RTN_UNICAST && route->interface && !is_ours;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void read_uplinks(const struct conf *conf, int family, struct inet_interfaces *uplinks)
{
    struct routing_routes routes;
    char name[IF_NAMESIZE];

    if (!routing_read_routes(family, 0, &routes))
        return;
    for (size_t i = 0; i < routes.n; i++)
        if (is_uplink(conf, &routes.at[i]) && if_indextoname(routes.at[i].interface, name) &&
            strcmp(name, "lo") != 0 && uplinks->n < CONF_LIST_MAX && !gateway_has_interface(uplinks, name))
            memcpy(uplinks->at[uplinks->n++], name, IF_NAMESIZE);
    free(routes.at);
}

bool gateway_facts_read(const struct conf *conf, struct gateway_facts *facts, struct problems *problems)
{
    bool needs_user = conf->gateway.roles & GATEWAY_LOCAL && !conf->upstream.mark;
    size_t errors = problems->errors;
    struct identity user = {0};

    *facts = (struct gateway_facts){
        .user = (uid_t)-1,
        .has_ipv6 = sysctl_is("net/ipv6/conf/all/disable_ipv6", "0"),
    };
    if (privileges_find(conf->postern.user, &user))
        facts->user = user.uid;
    else if (needs_user)
        problems_add(problems, true, "[postern] user: the user %s does not exist", conf->postern.user);
    if (!read_addresses(conf, &facts->own))
        problems_add(problems, true, "cannot read the addresses of this host: %s", strerror(errno));
    read_uplinks(conf, AF_INET, &facts->uplinks);
    read_uplinks(conf, AF_INET6, &facts->uplinks);
    qsort(facts->uplinks.at, facts->uplinks.n, sizeof *facts->uplinks.at, by_name);
    return problems->errors == errors;
}
