#include "gateway/check/gateway_firewall_packets.h"

#include "base/network.h"
#include "gateway/plan/gateway_listener.h"
#include "gateway/plan/gateway_numbers.h"
#include "base/address.h"
#include "net/routing.h"

#include <net/if.h>

struct list {
    const struct gateway *gateway;
    size_t n;
    struct gateway_passer *at;
};

static struct gateway_passer *add(struct list *list, enum gateway_way way, const char *what, int family)
{
    const struct conf *conf = list->gateway->conf;
    struct gateway_passer *passer;

    if (list->n == GATEWAY_PASSERS_MAX)
        return NULL;
    passer = &list->at[list->n++];
    *passer = (struct gateway_passer){
        .way = way,
        .what = what,
        .packet = {.family = family,
                   .port = (uint16_t)conf->gateway.ports.at[0],
                   .state = "new",
                   .clients = &conf->gateway.lan},
    };
    return passer;
}

/* Finds the interface to that address. */
static void find_out(struct gateway_passer *passer, const union inet_address *to)
{
    struct routing_route route;

    if (routing_lookup(to, NULL, 0, 0, &route) && if_indextoname(route.interface, passer->out))
        passer->packet.out = passer->out;
}

static const union inet_address *find_elsewhere(const struct gateway *gateway, int family, size_t *number)
{
    for (*number = 0; *number < gateway_proxy_count(gateway->conf, family); (*number)++)
        if (!gateway_is_own(gateway->facts, gateway_proxy_at(gateway->conf, family, *number)))
            return gateway_proxy_at(gateway->conf, family, *number);
    return NULL;
}

static void add_forwarded(struct list *list, int family, const char *interface)
{
    const struct conf *conf = list->gateway->conf;
    size_t number;
    const union inet_address *proxy = find_elsewhere(list->gateway, family, &number);
    struct gateway_passer *passer =
        proxy ? add(list, GATEWAY_WAY_TO_PROXY, "mail that is forwarded to a proxy", family) : NULL;

    if (!passer)
        return;
    passer->packet.hook = "forward";
    passer->packet.in = interface;
    passer->packet.mark = gateway_mark(conf, number).value;
    passer->packet.state = conf->gateway.notrack ? "untracked" : "new";
    find_out(passer, proxy);
}

/* Adds the packet that arrives for a local proxy, or to be forwarded to another one. */
static void add_arriving(struct list *list, int family, const char *interface)
{
    struct gateway_passer *passer = add(list, GATEWAY_WAY_IN, "mail that arrives", family);

    if (!passer)
        return;
    passer->packet.hook = "prerouting";
    passer->packet.in = interface;
    passer->packet.out = "";
}

static void add_taken(struct list *list, int family, const char *interface, enum protocol_id protocol,
                      uint16_t port)
{
    const struct conf_listener *listener = conf_listener_of(list->gateway->conf, protocol);
    const union inet_address *address = gateway_listener_address(listener, family, false);
    bool is_redirected = listener->interception == INTERCEPTION_REDIRECT;
    struct gateway_passer *passer =
        address ? add(list, GATEWAY_WAY_IN, "mail that is redirected to Postern", family) : NULL;

    if (!passer)
        return;
    passer->packet.hook = "input";
    passer->packet.in = interface;
    passer->packet.out = "";
    passer->packet.is_translated = passer->packet.is_local = is_redirected;
    passer->packet.port = is_redirected ? address_port(address) : port;
}

/* By each listener that takes a diverted port, of these the first. */
static void add_taken_by_all(struct list *list, int family, const char *interface)
{
    const struct conf *conf = list->gateway->conf;
    struct inet_ports ports;

    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        if (gateway_listener_ports(conf, protocol, &ports))
            add_taken(list, family, interface, protocol, ports.at[0]);
}

static void add_upstream(struct list *list, int family)
{
    struct gateway_passer *passer =
        add(list, GATEWAY_WAY_OUT, "Postern's own connections to servers", family);

    union inet_address far_away;

    if (!passer)
        return;
    passer->packet.hook = "output";
    passer->packet.in = "";
    /* Documentation addresses are reached by the default route, as most servers are. */
    if (network_read_address(family == AF_INET6 ? SPAN("2001:db8:ffff::1") : SPAN("192.0.2.1"), &far_away))
        find_out(passer, &far_away);
}

static void add_family(struct list *list, int family)
{
    const struct conf *conf = list->gateway->conf;
    unsigned roles = conf->gateway.roles;

    for (size_t i = 0; roles & (GATEWAY_MIRROR | GATEWAY_PROXY) && i < conf->gateway.interfaces.n; i++) {
        const char *interface = conf->gateway.interfaces.at[i];

        add_arriving(list, family, interface);
        if (roles & GATEWAY_MIRROR)
            add_forwarded(list, family, interface);
        if (roles & GATEWAY_PROXY)
            add_taken_by_all(list, family, interface);
    }
    if (roles & (GATEWAY_PROXY | GATEWAY_LOCAL))
        add_upstream(list, family);
}

size_t gateway_firewall_packets(const struct gateway *gateway, struct gateway_passer *passers)
{
    struct list list = {gateway, 0, passers};

    add_family(&list, AF_INET);
    if (gateway->facts->has_ipv6)
        add_family(&list, AF_INET6);
    return list.n;
}
