#include "svc/gateway_facts.h"

#include "net/address.h"
#include "net/sysctl.h"
#include "sys/privileges.h"

#include <errno.h>
#include <ifaddrs.h>

static bool is_proxy(const struct conf *conf, const struct sockaddr *address)
{
    for (size_t i = 0; i < conf->gateway.proxies.n; i++)
        if (address_same_host(&conf->gateway.proxies.at[i].any, address))
            return true;
    return false;
}

static void take(struct conf_addresses *own, const struct sockaddr *address)
{
    union conf_address *at = &own->at[own->n];

    if (own->n == CONF_LIST_MAX)
        return;
    *at = (union conf_address){.any.sa_family = address->sa_family};
    if (address->sa_family == AF_INET)
        at->in.sin_addr = ((const struct sockaddr_in *)(const void *)address)->sin_addr;
    else
        at->in6.sin6_addr = ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    own->n++;
}

static bool read_addresses(const struct conf *conf, struct conf_addresses *own)
{
    struct ifaddrs *all;

    if (getifaddrs(&all) < 0)
        return false;
    for (int proxies = 1; proxies >= 0; proxies--)
        for (const struct ifaddrs *i = all; i; i = i->ifa_next)
            if (i->ifa_addr && (i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6) &&
                is_proxy(conf, i->ifa_addr) == proxies)
                take(own, i->ifa_addr);
    freeifaddrs(all);
    return true;
}

bool gateway_facts_read(const struct conf *conf, struct gateway_facts *facts, struct conf_problems *problems)
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
        conf_problem_add(problems, true, "[postern] user: there is no user %s", conf->postern.user);
    if (!read_addresses(conf, &facts->own))
        conf_problem_add(problems, true, "the addresses of this host: %s", strerror(errno));
    return problems->errors == errors;
}
