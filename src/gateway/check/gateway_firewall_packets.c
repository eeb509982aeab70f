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
    struct gateway_sample *at;
};

static struct gateway_sample *add(struct list *list, enum gateway_path path, const char *what, int family)
{
    const struct conf *conf = list->gateway->conf;
    struct gateway_sample *sample;

    if (list->n == GATEWAY_SAMPLES_MAX)
        return NULL;
    sample = &list->at[list->n++];
    *sample = (struct gateway_sample){
        .path = path,
        .what = what,
        .packet = {.family = family,
                   .port = (uint16_t)conf->gateway.ports.at[0],
                   .state = "new",
                   .clients = &conf->gateway.lan},
    };
    return sample;
}

/* Sets the outgoing interface to that of the route to the address. It stays unknown if there is no route. */
static void set_out(struct gateway_sample *sample, const union inet_address *to)
{
    struct routing_route route;

    if (routing_lookup(to, NULL, 0, 0, &route) && if_indextoname(route.interface, sample->out))
        sample->packet.out = sample->out;
}

static const union inet_address *find_remote_proxy(const struct gateway *gateway, int family, size_t *number)
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
    const union inet_address *proxy = find_remote_proxy(list->gateway, family, &number);
    struct gateway_sample *sample =
        proxy ? add(list, GATEWAY_PATH_TO_PROXY, "mail that is forwarded to a proxy", family) : NULL;

    if (!sample)
        return;
    sample->packet.hook = "forward";
    sample->packet.in = interface;
    sample->packet.mark = gateway_mark(conf, number).value;
    sample->packet.state = conf->gateway.notrack ? "untracked" : "new";
    set_out(sample, proxy);
}

/* Adds a packet of a client at prerouting. */
static void add_arriving(struct list *list, int family, const char *interface)
{
    struct gateway_sample *sample = add(list, GATEWAY_PATH_IN, "mail that arrives", family);

    if (!sample)
        return;
    sample->packet.hook = "prerouting";
    sample->packet.in = interface;
    sample->packet.out = "";
}

static void add_intercepted(struct list *list, int family, const char *interface, enum protocol_id protocol,
                            uint16_t port)
{
    const struct conf_listener *listener = conf_listener_of(list->gateway->conf, protocol);
    const union inet_address *address = gateway_listener_address(listener, family, false);
    bool is_redirected = listener->interception == INTERCEPTION_REDIRECT;
    struct gateway_sample *sample =
        address ? add(list, GATEWAY_PATH_IN, "mail that is intercepted for Postern", family) : NULL;

    if (!sample)
        return;
    sample->packet.hook = "input";
    sample->packet.in = interface;
    sample->packet.out = "";
    sample->packet.is_translated = sample->packet.is_local = is_redirected;
    sample->packet.port = is_redirected ? address_port(address) : port;
}

/* Adds a packet for each listener, to the first of its ports that are diverted. */
static void add_all_intercepted(struct list *list, int family, const char *interface)
{
    const struct conf *conf = list->gateway->conf;
    struct inet_ports ports;

    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        if (gateway_listener_ports(conf, protocol, &ports))
            add_intercepted(list, family, interface, protocol, ports.at[0]);
}

static void add_upstream(struct list *list, int family)
{
    struct gateway_sample *sample =
        add(list, GATEWAY_PATH_OUT, "Postern's own connections to servers", family);

    union inet_address far_away;

    if (!sample)
        return;
    sample->packet.hook = "output";
    sample->packet.in = "";
    /* Documentation addresses are reached by the default route, as most servers are. */
    if (network_read_address(family == AF_INET6 ? SPAN("2001:db8:ffff::1") : SPAN("192.0.2.1"), &far_away))
        set_out(sample, &far_away);
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
            add_all_intercepted(list, family, interface);
    }
    if (roles & (GATEWAY_PROXY | GATEWAY_LOCAL))
        add_upstream(list, family);
}

size_t gateway_firewall_packets(const struct gateway *gateway, struct gateway_sample *samples)
{
    struct list list = {gateway, 0, samples};

    add_family(&list, AF_INET);
    if (gateway->facts->has_ipv6)
        add_family(&list, AF_INET6);
    return list.n;
}
