/* gateway_nft_errors: the mirror's chain `errors`, for ICMP errors about diverted connections.
 *
 * A proxy sends packets to clients with the server's address as the source. If a router between the mirror
 * and a client cannot forward such a packet, the router sends an ICMP error to the server's address. This
 * chain diverts the error to the proxy. Otherwise the server would get the error, and the proxy would resend
 * the packet until the connection times out.
 *
 * The error quotes the headers of the packet, with the client's address and port. nft 1.0.6 cannot look up
 * quoted values in the sets of connections, because raw payload has no type. Therefore, the hash of the
 * quoted client selects the proxy, as for a new connection. */
#include "base/network.h"
#include "gateway/plan/gateway_listener.h"
#include "gateway/plan/gateway_nft_parts.h"
#include "gateway/plan/gateway_numbers.h"

#include <netinet/in.h>

/* Positions of the quoted fields, in bits from the start of the ICMP header. That header has 8 octets; then
 * the quoted IP header follows, which must have no options. client_bits is the length of the client's
 * address. */
struct quote {
    const char *types;
    unsigned protocol, client, client_bits, server_port, client_port;
};

static const struct quote quotes[2] = {
    {"icmp type destination-unreachable", 136, 192, 32, 224, 240},
    {"icmpv6 type { destination-unreachable, packet-too-big }", 112, 256, 128, 384, 400},
};

static const unsigned char *bytes_of(const union inet_address *address)
{
    return address->any.sa_family == AF_INET6 ? address->in6.sin6_addr.s6_addr
                                              : (const unsigned char *)&address->in.sin_addr;
}

/* Appends the condition that the quoted client is in the network. Appends nothing for a network of all
 * addresses, because nft 1.1 lists the mask 0 in a form that nft cannot read. */
static void add_network_match(const struct inet_network *network, const struct quote *quote, struct buf *out)
{
    const unsigned char *bytes = bytes_of(&network->address);
    unsigned bits = quote->client_bits;

    if (network->bits == 0)
        return;
    buf_add_format(out, " @th,%u,%u & 0x", quote->client, bits);
    for (unsigned i = 0; i < bits / 4; i++) {
        unsigned set = network->bits > 4 * i ? network->bits - 4 * i : 0;

        buf_add_char(out, "08cef"[set < 4 ? set : 4]);
    }
    buf_add(out, SPAN(" == 0x"));
    for (unsigned i = 0; i < bits / 8; i++)
        buf_add_format(out, "%02x", bytes[i]);
}

/* Excepts errors about clients in bypass: they must reach the server, because the mail of such a client is
 * not diverted. */
static void except_clients(const struct conf *conf, size_t f, struct buf *out)
{
    const struct quote *quote = &quotes[f];

    for (size_t i = 0; i < conf->gateway.bypass.n; i++) {
        const struct inet_network *network = &conf->gateway.bypass.at[i];
        struct buf match = {0}, comment = {0};

        if (network->address.any.sa_family != gateway_families[f].family)
            continue;
        add_network_match(network, quote, &match);
        buf_add(&comment, SPAN("about a bypassed client, "));
        network_print(network, &comment);
        gateway_part_rule(out, buf_c_str(&comment), "%s%s counter return", quote->types, buf_c_str(&match));
        buf_fini(&comment);
        buf_fini(&match);
    }
}

/* Appends the hash of gateway_balance_rule, but over the quoted client instead of the source, and as if all
 * proxies were alive. */
static void add_verdict(const struct conf *conf, size_t f, struct buf *out)
{
    const struct gateway_family *in = &gateway_families[f];
    const struct quote *quote = &quotes[f];
    size_t n = gateway_proxy_count(conf, in->family);

    if (n == 1) {
        buf_add_format(out, "goto " GATEWAY_PROXY_CHAIN, in->digit, (size_t)0);
        return;
    }
    buf_add_format(out, "jhash @th,%u,%u", quote->client, quote->client_bits);
    if (conf->gateway.spread == SPREAD_CONNECTION)
        buf_add_format(out, " . @th,%u,16", quote->client_port);
    buf_add_format(out, " mod %zu seed %#x vmap { ", n, (unsigned)GATEWAY_SEED_ALL);
    for (size_t i = 0; i < n; i++)
        buf_add_format(out, "%s%zu : goto " GATEWAY_PROXY_CHAIN, i ? ", " : "", i, in->digit, i);
    buf_add(out, SPAN(" }"));
}

static void add_ports(const struct conf *conf, struct buf *out)
{
    struct inet_ports ports;

    gateway_listener_diverted(conf, &ports);
    buf_add(out, ports.n > 1 ? SPAN("{ ") : SPAN(""));
    for (size_t i = 0; i < ports.n; i++)
        buf_add_format(out, "%s%u", i ? ", " : "", ports.at[i]);
    buf_add(out, ports.n > 1 ? SPAN(" }") : SPAN(""));
}

static void errors_family(const struct conf *conf, size_t f, struct buf *out)
{
    const struct gateway_family *in = &gateway_families[f];
    const struct quote *quote = &quotes[f];
    struct buf ports = {0}, verdict = {0}, comment = {0};

    if (!gateway_proxy_count(conf, in->family))
        return;
    except_clients(conf, f, out);
    add_ports(conf, &ports);
    add_verdict(conf, f, &verdict);
    buf_add_format(&comment, "about mail (%s)", in->name);
    gateway_part_rule(out, buf_c_str(&comment), "%s @th,%u,8 %d @th,%u,16 %s counter %s", quote->types,
                      quote->protocol, (int)IPPROTO_TCP, quote->server_port, buf_c_str(&ports),
                      buf_c_str(&verdict));
    buf_fini(&comment);
    buf_fini(&verdict);
    buf_fini(&ports);
}

void gateway_errors_print(const struct conf *conf, struct buf *out)
{
    gateway_part_note(out,
                      "A router that needs smaller packets towards a client sends an error to the server,");
    gateway_part_note(out, "but the proxy uses that address: the error is passed to the proxy.");
    buf_add(out, SPAN("\tchain errors {\n\t\ttype filter hook prerouting priority raw; policy accept;\n"));
    gateway_part_exceptions(conf, false, out);
    for (size_t f = 0; f < 2; f++)
        errors_family(conf, f, out);
    buf_add(out, SPAN("\t}\n"));
}
