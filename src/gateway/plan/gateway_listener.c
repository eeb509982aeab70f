#include "gateway/plan/gateway_listener.h"

#include "base/address.h"

#include <assert.h>

static bool has_port(const struct inet_ports *ports, uint16_t port)
{
    for (size_t i = 0; i < ports->n; i++)
        if (ports->at[i] == port)
            return true;
    return false;
}

static size_t add_tls_ports(const struct conf *conf, const struct conf_listener *listener,
                            struct inet_ports *ports)
{
    bool is_used = conf->tls.mode == TLS_MODE_INTERCEPT && listener->listen.n &&
                   listener->interception != INTERCEPTION_FIXED;
    size_t left_out = 0;

    for (size_t i = 0; is_used && i < listener->tls_ports.n; i++) {
        if (has_port(ports, listener->tls_ports.at[i]))
            continue;
        if (ports->n < INET_LIST_MAX)
            ports->at[ports->n++] = listener->tls_ports.at[i];
        else
            left_out++;
    }
    return left_out;
}

size_t gateway_listener_diverted(const struct conf *conf, struct inet_ports *ports)
{
    size_t left_out = 0;

    *ports = conf->gateway.ports;
    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        left_out += add_tls_ports(conf, conf_listener_of(conf, protocol), ports);
    return left_out;
}

enum protocol_id gateway_listener_of_port(const struct conf *conf, unsigned port)
{
    enum protocol_id first = PROTOCOLS_MAX;

    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++) {
        const struct conf_listener *listener = conf_listener_of(conf, protocol);

        if (listener->listen.n && conf_is_server_port(conf, protocol, port))
            return protocol;
        if (listener->listen.n && first == PROTOCOLS_MAX)
            first = protocol;
    }
    assert(first < PROTOCOLS_MAX);
    return first;
}

bool gateway_listener_ports(const struct conf *conf, enum protocol_id protocol, struct inet_ports *ports)
{
    struct inet_ports diverted;

    gateway_listener_diverted(conf, &diverted);
    ports->n = 0;
    for (size_t i = 0; i < diverted.n; i++)
        if (gateway_listener_of_port(conf, diverted.at[i]) == protocol)
            ports->at[ports->n++] = diverted.at[i];
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
