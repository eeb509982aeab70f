#include "gateway/plan/gateway_listener.h"

#include "base/address.h"

#include <assert.h>

bool gateway_listener_has_port(const struct conf_listener *listener, unsigned port)
{
    for (size_t i = 0; i < listener->ports.n; i++)
        if (listener->ports.at[i] == port)
            return true;
    return false;
}

enum protocol_id gateway_listener_of_port(const struct conf *conf, unsigned port)
{
    enum protocol_id first = PROTOCOLS_MAX;

    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++) {
        const struct conf_listener *listener = conf_listener_of(conf, protocol);

        if (listener->listen.n && gateway_listener_has_port(listener, port))
            return protocol;
        if (listener->listen.n && first == PROTOCOLS_MAX)
            first = protocol;
    }
    assert(first < PROTOCOLS_MAX);
    return first;
}

bool gateway_listener_ports(const struct conf *conf, enum protocol_id protocol, struct inet_ports *ports)
{
    ports->n = 0;
    for (size_t i = 0; i < conf->gateway.ports.n; i++)
        if (gateway_listener_of_port(conf, conf->gateway.ports.at[i]) == protocol)
            ports->at[ports->n++] = conf->gateway.ports.at[i];
    return ports->n;
}

enum protocol_id gateway_listener_with(const struct conf *conf, enum interception interception)
{
    struct inet_ports ports;
    enum protocol_id protocol;

    for (protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        if (conf_listener_of(conf, protocol)->interception == interception &&
            gateway_listener_ports(conf, protocol, &ports))
            break;
    return protocol;
}

size_t gateway_listener_count(const struct conf *conf)
{
    struct inet_ports ports;
    size_t n = 0;

    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        n += gateway_listener_ports(conf, protocol, &ports);
    return n;
}

const union inet_address *gateway_listener_address(const struct conf_listener *listener, int family,
                                                   bool local)
{
    for (size_t i = 0; i < listener->listen.n; i++) {
        const union inet_address *listen = &listener->listen.at[i];

        if (listen->any.sa_family == family &&
            (address_is_unspecified(listen) || address_is_loopback(listen) == local))
            return listen;
    }
    return NULL;
}
