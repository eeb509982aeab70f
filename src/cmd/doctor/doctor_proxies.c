/* Checks whether each proxy of the mirror answers and accepts diverted connections. */
#include "cmd/doctor/doctor_links.h"
#include "base/network.h"
#include "gateway/plan/gateway_listener.h"
#include "gateway/plan/gateway_numbers.h"
#include "base/address.h"
#include "net/marked_probe.h"
#include "net/proxy_probe.h"
#include "net/routing.h"

#include <errno.h>
#include <event2/event.h>

enum { PROBE_MS = 3000 };

struct probe_result {
    struct event_base *base;
    int error;
};

static void on_probed(void *context, int error)
{
    struct probe_result *result = context;

    result->error = error;
    event_base_loopbreak(result->base);
}

static int run_probe(const union inet_address *listener)
{
    struct probe_result result = {event_base_new(), EIO};
    struct proxy_probe probe = {0};

    if (!result.base)
        return ENOMEM;
    proxy_probe_init(&probe, result.base, on_probed, &result);
    proxy_probe_start(&probe, listener, PROBE_MS);
    event_base_dispatch(result.base);
    proxy_probe_fini(&probe);
    event_base_free(result.base);
    return result.error;
}

/* Returns whether `gateway watch` has removed the proxy from the rules. */
static bool is_proxy_removed(const struct doctor *doctor, const char *name)
{
    const json_t *proxies = json_object_get(doctor->traffic, "proxies");

    for (size_t i = 0; i < json_array_size(proxies); i++) {
        const json_t *proxy = json_array_get(proxies, i);
        const char *address = json_string_value(json_object_get(proxy, "address"));

        if (address && strcmp(address, name) == 0)
            return json_is_false(json_object_get(proxy, "used"));
    }
    return false;
}

static void report_proxy(struct doctor *doctor, const char *name, int error)
{
    static const char remedy[] = "start Postern there, and open its port in the firewall";
    bool is_removed = is_proxy_removed(doctor, name);

    if (!error && is_removed)
        doctor_warn(doctor, "check that postern-gateway-watch runs",
                    "%s answers, but gets no new connections", name);
    else if (error && is_removed)
        doctor_warn(doctor, remedy, "%s does not answer, and gets no new connections: %s", name,
                    strerror(error));
    else if (error)
        doctor_fault(doctor, remedy, "%s does not answer: %s", name, strerror(error));
}

/* Sets *server to an address at which there is no server (RFC 5737, RFC 3849). */
static bool get_test_server(int family, uint16_t port, union inet_address *server)
{
    bool is_read =
        network_read_address(family == AF_INET6 ? SPAN("2001:db8:ffff::1") : SPAN("192.0.2.1"), server);

    address_set_port(server, port);
    return is_read;
}

/* Returns whether connections with the mark are routed to the proxy. If they are not, the link "routes"
 * reports that. */
static bool is_routed_to(const union inet_address *server, uint32_t mark, const union inet_address *proxy)
{
    struct routing_route route;

    return routing_lookup(server, NULL, mark, 0, &route) && route.has_via &&
           address_same_host(&route.via.any, &proxy->any);
}

/* Tries a connection with the mark to a server that does not exist. It is routed to the proxy, like a
 * diverted connection of a client. It succeeds only if the proxy's rules and firewall accept it. */
static void check_diverted_connection(struct doctor *doctor, const union inet_address *proxy, size_t number,
                                      uint16_t port, const char *name)
{
    uint32_t mark = gateway_mark(&doctor->conf, number).value;
    union inet_address server;
    int error;

    if (!doctor->is_root || !get_test_server(proxy->any.sa_family, port, &server) ||
        !is_routed_to(&server, mark, proxy))
        return;
    error = marked_probe(&server, mark, PROBE_MS);
    if (error)
        doctor_fault(doctor, "run postern gateway check on that host",
                     "%s answers, but does not accept connections that are routed to it: %s", name,
                     strerror(error));
}

/* Checks the proxies of one family at the port of this listener. Returns how many of them answer. */
static size_t check_family(struct doctor *doctor, const struct conf_listener *listener,
                           const struct inet_ports *ports, int family)
{
    const struct conf *conf = &doctor->conf;
    const union inet_address *address = gateway_listener_address(listener, family, false);
    size_t answering = 0, count = gateway_proxy_count(conf, family);

    for (size_t i = 0; address && i < count; i++) {
        union inet_address proxy = *gateway_proxy_at(conf, family, i);
        struct buf name = {0};
        int error;

        network_print_address(&proxy, &name);
        address_set_port(&proxy, address_port(address));
        error = run_probe(&proxy);
        answering += !error;
        report_proxy(doctor, buf_c_str(&name), error);
        if (!error)
            check_diverted_connection(doctor, &proxy, i, ports->at[0], buf_c_str(&name));
        buf_fini(&name);
    }
    if (address && count && !answering)
        doctor_fault(
            doctor, "start one of them", "no IPv%c proxy answers: %s", family == AF_INET6 ? '6' : '4',
            conf->gateway.no_proxy == NO_PROXY_PASS ? "mail passes unscanned" : "clients get no mail");
    return answering;
}

void doctor_check_proxies(struct doctor *doctor)
{
    size_t answering = 0;
    struct inet_ports ports;

    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        if (gateway_listener_ports(&doctor->conf, protocol, &ports)) {
            const struct conf_listener *listener = conf_listener_of(&doctor->conf, protocol);

            answering += check_family(doctor, listener, &ports, AF_INET);
            answering += check_family(doctor, listener, &ports, AF_INET6);
        }
    doctor_ok(doctor,
              doctor->is_root ? "all %zu answer, and accept connections that are routed to them"
                              : "all %zu answer",
              answering);
}
