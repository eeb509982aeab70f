#include "conf/without_ipv6.h"

#include <arpa/inet.h>

static size_t count_of(const struct inet_addresses *addresses, int family)
{
    size_t n = 0;

    for (size_t i = 0; i < addresses->n; i++)
        n += addresses->at[i].any.sa_family == family;
    return n;
}

static void keep_ipv4(struct inet_addresses *addresses)
{
    size_t n = 0;

    for (size_t i = 0; i < addresses->n; i++)
        if (addresses->at[i].any.sa_family == AF_INET)
            addresses->at[n++] = addresses->at[i];
    addresses->n = n;
}

static void print(const union inet_address *address, struct buf *out)
{
    char text[INET6_ADDRSTRLEN];

    if (address->any.sa_family == AF_INET6)
        buf_add_format(out, "[%s]:%u", inet_ntop(AF_INET6, &address->in6.sin6_addr, text, sizeof text),
                       ntohs(address->in6.sin6_port));
    else
        buf_add_format(out, "%s:%u", inet_ntop(AF_INET, &address->in.sin_addr, text, sizeof text),
                       ntohs(address->in.sin_port));
}

static void print_family(const struct inet_addresses *addresses, int family, struct buf *out)
{
    for (size_t i = 0; i < addresses->n; i++) {
        if (addresses->at[i].any.sa_family != family)
            continue;
        if (out->n)
            buf_add(out, SPAN(" "));
        print(&addresses->at[i], out);
    }
}

/* The error proposes the IPv4 addresses of the list. If it has none, it proposes 0.0.0.0 with the first
 * port. */
static void fit_listener(struct conf *conf, enum protocol_id protocol, struct problems *problems)
{
    struct conf_listener *listener = &conf->listeners[protocol];
    struct inet_addresses *listen = &listener->listen;
    struct buf six = {0}, four = {0};

    if (count_of(listen, AF_INET6) == 0)
        return;
    print_family(listen, AF_INET6, &six);
    print_family(listen, AF_INET, &four);
    if (!four.n)
        buf_add_format(&four, "0.0.0.0:%u", ntohs(listen->at[0].in6.sin6_port));
    if (listener->is_listen_default) {
        problems_add(problems, false, "this kernel has no IPv6: the default listener %s is left out",
                     buf_c_str(&six));
        keep_ipv4(listen);
    } else {
        problems_add(problems, true,
                     "[%s] listen has %s, and this kernel has no IPv6: start a kernel with IPv6, or write "
                     "listen = %s",
                     protocol_id_section(protocol), buf_c_str(&six), buf_c_str(&four));
    }
    buf_fini(&six);
    buf_fini(&four);
}

static void refuse(const char *section, const char *key, const struct inet_addresses *addresses,
                   struct problems *problems)
{
    struct buf six = {0};

    print_family(addresses, AF_INET6, &six);
    if (six.n)
        problems_add(problems, true, "[%s] %s has %s, and this kernel has no IPv6: remove the address",
                     section, key, buf_c_str(&six));
    buf_fini(&six);
}

static void refuse_clamd(const struct conf *conf, struct problems *problems)
{
    struct inet_addresses addresses = {0};

    for (size_t i = 0; i < conf->clamd.socket.n; i++)
        if (conf->clamd.socket.at[i].any.sa_family == AF_INET6)
            addresses.at[addresses.n++].in6 = conf->clamd.socket.at[i].in6;
    refuse("clamd", "socket", &addresses, problems);
}

void without_ipv6_fit(struct conf *conf, struct problems *problems)
{
    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++) {
        fit_listener(conf, protocol, problems);
        refuse(protocol_id_section(protocol), "target", &conf->listeners[protocol].target, problems);
    }
    refuse_clamd(conf, problems);
    refuse("tls", "page", &conf->tls.page, problems);
    refuse("gateway", "proxies", &conf->gateway.proxies, problems);
}
