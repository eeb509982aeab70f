#include "gateway/plan/gateway_validate.h"

#include "base/network.h"
#include "conf/reading.h"
#include "gateway/plan/gateway_listener.h"
#include "gateway/plan/gateway_numbers.h"

#include <inttypes.h>

/* The kernel's own tables: default, main and local. */
enum { TABLE_DEFAULT = 253, TABLE_LOCAL = 255 };

static bool has_role(const struct conf *conf, unsigned roles)
{
    return conf->gateway.roles & roles;
}

static struct reading_place place_of(const struct reading *reading, const char *key)
{
    return reading_place_of(reading, "gateway", key);
}

/* A key with an invalid value is not also reported as missing. */
static bool is_missing(const struct reading *reading, const char *key, size_t n)
{
    return !n && !reading_is_refused(reading, "gateway", key);
}

static void check_role(struct reading *reading)
{
    const struct conf *conf = reading->conf;
    struct reading_place place = place_of(reading, "role");

    if (has_role(conf, GATEWAY_MIRROR | GATEWAY_PROXY) &&
        is_missing(reading, "interface", conf->gateway.interfaces.n))
        reading_problem_at(reading, place, true,
                           "the roles mirror and proxy need an interface: where clients' packets come in");
    if (has_role(conf, GATEWAY_MIRROR) && !has_role(conf, GATEWAY_PROXY) &&
        is_missing(reading, "proxies", conf->gateway.proxies.n))
        reading_problem_at(reading, place, true,
                           "the role mirror needs proxies, or the additional role proxy");
    if (!has_role(conf, GATEWAY_MIRROR) && conf->gateway.proxies.n)
        reading_problem_at(reading, place_of(reading, "proxies"), false,
                           "proxies are only used by the role mirror");
}

static void check_interfaces(struct reading *reading)
{
    const struct conf *conf = reading->conf;

    for (size_t i = 0; has_role(conf, GATEWAY_MIRROR | GATEWAY_PROXY) && i < conf->gateway.interfaces.n; i++)
        if (strcmp(conf->gateway.interfaces.at[i], "lo") == 0)
            reading_problem_at(
                reading, place_of(reading, "interface"), true,
                "clients' packets do not come in by lo: the roles mirror and proxy need another "
                "interface; for this host's own connections use the role local");
}

/* Warns of a network that contains all addresses of a family. */
static void check_not_all(struct reading *reading, const char *key, const struct inet_networks *networks)
{
    for (size_t i = 0; i < networks->n; i++)
        if (!networks->at[i].bits)
            reading_problem_at(
                reading, place_of(reading, key), false,
                "%s contains all addresses of %s, so no such connection is diverted: mail passes "
                "unscanned",
                key, networks->at[i].address.any.sa_family == AF_INET ? "IPv4" : "IPv6");
}

static void check_interception(struct reading *reading)
{
    const struct conf *conf = reading->conf;
    struct reading_place place = place_of(reading, "role");
    enum protocol_id fixed = gateway_listener_with(conf, INTERCEPTION_FIXED);
    enum protocol_id tproxy = gateway_listener_with(conf, INTERCEPTION_TPROXY);

    if (has_role(conf, GATEWAY_PROXY | GATEWAY_LOCAL) && fixed < PROTOCOLS_MAX)
        reading_problem_at(reading, place, true,
                           "with [%s] interception = fixed, clients connect to Postern itself: the roles "
                           "proxy and local, which redirect, cannot be used",
                           protocol_id_section(fixed));
    if (has_role(conf, GATEWAY_LOCAL) && tproxy < PROTOCOLS_MAX)
        reading_problem_at(reading, place, true,
                           "the role local is only valid with [%s] interception = redirect: TPROXY takes no "
                           "connections that this host makes",
                           protocol_id_section(tproxy));
}

/* Returns the problem with a proxy's address, or NULL. */
static const char *fault_of(const union inet_address *address)
{
    static const struct {
        const char *network, *fault;
    } faults[] = {
        {"fe80::/10", "is link-local: a route to it would need an interface"},
        {"127.0.0.0/8", "is loopback; for the proxy on this host use an address of an interface"},
        {"::1/128", "is loopback; for the proxy on this host use an address of an interface"},
        {"224.0.0.0/3", "is not the address of a host"},
        {"ff00::/8", "is not the address of a host"},
        {"0.0.0.0/8", "is not the address of a host"},
        {"::/128", "is not the address of a host"},
    };
    struct inet_network network;

    if (address->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address->in6.sin6_addr))
        return "is an IPv4-mapped IPv6 address";
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (network_read(span_of(faults[i].network), &network) &&
            network.address.any.sa_family == address->any.sa_family && network_has(&network, address))
            return faults[i].fault;
    return NULL;
}

static void check_proxies(struct reading *reading)
{
    const struct inet_addresses *proxies = &reading->conf->gateway.proxies;
    struct buf text = {0};

    for (size_t i = 0; i < proxies->n; i++) {
        const char *fault = fault_of(&proxies->at[i]);

        buf_clear(&text);
        network_print_address(&proxies->at[i], &text);
        if (fault)
            reading_problem_at(reading, place_of(reading, "proxies"), true, "proxy %s %s", buf_c_str(&text),
                               fault);
    }
    buf_fini(&text);
}

static void check_families(struct reading *reading)
{
    const struct conf *conf = reading->conf;
    size_t n4 = gateway_proxy_count(conf, AF_INET), n6 = gateway_proxy_count(conf, AF_INET6);
    const char *missing = n4 ? "IPv6" : "IPv4";

    if ((n4 == 0) == (n6 == 0))
        return;
    reading_problem_at(reading, place_of(reading, "proxies"), false,
                       "no proxy has an %s address: %s connections %s", missing, missing,
                       conf->gateway.no_proxy == NO_PROXY_PASS ? "pass unscanned (no_proxy = pass)"
                                                               : "are refused (no_proxy = block)");
}

static void check_no_proxy(struct reading *reading)
{
    if (has_role(reading->conf, GATEWAY_MIRROR) && reading->conf->gateway.no_proxy == NO_PROXY_PASS)
        reading_problem_at(reading, place_of(reading, "no_proxy"), false,
                           "no_proxy = pass: mail reaches clients unscanned while no proxy is left");
}

static void check_mark(struct reading *reading)
{
    const struct conf *conf = reading->conf;
    const struct fwmark *mark = &conf->gateway.mark;
    size_t needed = gateway_number_count(conf), capacity = gateway_mark_capacity(mark);

    if (gateway_local_number(conf) > 1 && mark->mask == UINT32_MAX)
        reading_problem_at(reading, place_of(reading, "mark"), true,
                           "several proxies need a mark with a mask, to number them: "
                           "such as 0x6e00/0xff00");
    else if (capacity < needed)
        reading_problem_at(
            reading, place_of(reading, "mark"), true,
            "the mask is sufficient for %zu marks from the value upwards, but %zu are needed: one per "
            "proxy, and one for TPROXY or source = client",
            capacity, needed);
}

static void check_upstream_mark(struct reading *reading)
{
    const struct conf *conf = reading->conf;

    for (size_t i = 0; i < gateway_number_count(conf); i++) {
        struct fwmark mark = gateway_mark(conf, i);

        if (conf->upstream.mark && (conf->upstream.mark & mark.mask) == mark.value)
            reading_problem_at(reading, place_of(reading, "mark"), true,
                               "[upstream] mark %#x is one of the marks of [gateway]: connections to servers "
                               "would be diverted themselves",
                               conf->upstream.mark);
    }
}

static void check_table(struct reading *reading)
{
    uint64_t first = reading->conf->gateway.table, n = gateway_table_count(reading->conf);

    if (n && first <= TABLE_LOCAL && first + n > TABLE_DEFAULT)
        reading_problem_at(reading, place_of(reading, "table"), true,
                           "table %" PRIu64 " to %" PRIu64 ": 253 to 255 are used by the kernel", first,
                           first + n - 1);
    if (n && first + n - 1 > UINT32_MAX)
        reading_problem_at(reading, place_of(reading, "table"), true,
                           "%" PRIu64 " tables are needed, from this number to at most %" PRIu32, n,
                           UINT32_MAX);
}

static void check_ports(struct reading *reading)
{
    const struct conf *conf = reading->conf;
    struct inet_ports diverted;

    if (gateway_listener_diverted(conf, &diverted))
        reading_problem_at(reading, place_of(reading, "ports"), true,
                           "at most %d ports can be diverted, those of tls_ports included", INET_LIST_MAX);
    if (!has_role(conf, GATEWAY_PROXY | GATEWAY_LOCAL))
        return;
    for (size_t i = 0; i < conf->gateway.ports.n; i++) {
        unsigned port = conf->gateway.ports.at[i];
        enum protocol_id protocol = gateway_listener_of_port(conf, port);

        if (!conf_is_server_port(conf, protocol, port))
            reading_problem_at(reading, place_of(reading, "ports"), false,
                               "port %u is diverted but not in [%s] ports: Postern refuses it", port,
                               protocol_id_section(protocol));
    }
}

void gateway_validate(struct reading *reading)
{
    if (!reading->conf->gateway.roles)
        return;
    check_role(reading);
    check_interfaces(reading);
    check_not_all(reading, "lan", &reading->conf->gateway.lan);
    check_not_all(reading, "bypass", &reading->conf->gateway.bypass);
    check_interception(reading);
    check_proxies(reading);
    check_families(reading);
    check_no_proxy(reading);
    check_mark(reading);
    check_upstream_mark(reading);
    check_table(reading);
    check_ports(reading);
}
