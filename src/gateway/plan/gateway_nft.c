#include "gateway/plan/gateway_nft.h"

#include "base/address.h"
#include "base/network.h"
#include "gateway/plan/gateway_nft_parts.h"
#include "gateway/plan/gateway_numbers.h"

const union inet_address *gateway_listener(const struct conf *conf, int family, bool local)
{
    for (size_t i = 0; i < conf->listeners[PROTOCOL_POP3].listen.n; i++) {
        const union inet_address *listen = &conf->listeners[PROTOCOL_POP3].listen.at[i];

        if (listen->any.sa_family == family &&
            (address_is_unspecified(listen) || address_is_loopback(listen) == local))
            return listen;
    }
    return NULL;
}

bool gateway_proxy_is_given(const struct conf *conf)
{
    return conf->gateway.roles & GATEWAY_MIRROR && conf->gateway.proxies.n;
}

/* "ip to :8110", or with the one address that is listened on. */
static void add_tproxy(const struct gateway_family *in, const union inet_address *listen, struct buf *out)
{
    buf_add_format(out, "tproxy %s to ", in->ip);
    if (!address_is_unspecified(listen)) {
        buf_add(out, in->family == AF_INET6 ? SPAN("[") : SPAN(""));
        network_print_address(listen, out);
        buf_add(out, in->family == AF_INET6 ? SPAN("]") : SPAN(""));
    }
    buf_add_format(out, ":%u ", address_port(listen));
}

/* How a connection that the rule takes comes to the listener. */
static void add_target(const struct conf *conf, const struct gateway_family *in,
                       const union inet_address *listen, bool local, struct buf *out)
{
    if (local || conf->listeners[PROTOCOL_POP3].interception == INTERCEPTION_REDIRECT) {
        buf_add_format(out, "redirect to :%u", address_port(listen));
        return;
    }
    add_tproxy(in, listen, out);
    gateway_part_set_mark(gateway_mark(conf, gateway_kept_number(conf)), out);
    buf_add(out, SPAN(" accept"));
}

/* `which` are further conditions, with a blank behind, or nothing. Without a listener of the family no_proxy
 * decides. */
static void take(const struct conf *conf, const struct gateway_family *in, const char *which, bool local,
                 const char *name, struct buf *out)
{
    const union inet_address *listen = gateway_listener(conf, in->family, local);
    struct buf ports = {0}, target = {0}, comment = {0};

    gateway_part_ports(conf, 'd', &ports);
    if (listen)
        add_target(conf, in, listen, local, &target);
    else if (conf->gateway.no_proxy == NO_PROXY_BLOCK)
        buf_add(&target, SPAN("reject with tcp reset"));
    buf_add_format(&comment, "%s (%s)", listen ? name : "no listener: refused", in->name);
    if (target.n)
        gateway_part_rule(out, buf_c_str(&comment), "meta nfproto %s %s%s counter %s", in->nfproto, which,
                          buf_c_str(&ports), buf_c_str(&target));
    buf_fini(&comment);
    buf_fini(&target);
    buf_fini(&ports);
}

/* What the mirror here gave to this host, by the mark of it. */
static void take_given(const struct conf *conf, const struct gateway_facts *facts,
                       const struct gateway_family *in, struct buf *out)
{
    struct buf which = {0};

    for (size_t i = 0; i < gateway_proxy_count(conf, in->family); i++)
        if (gateway_is_own(facts, gateway_proxy_at(conf, in->family, i))) {
            gateway_part_has_mark(gateway_mark(conf, i), &which);
            buf_add_char(&which, ' ');
            take(conf, in, buf_c_str(&which), false, GATEWAY_COMMENT_GIVEN, out);
            break;
        }
    buf_fini(&which);
}

/* Packets of a connection that a transparent socket of this host has, and what routers report about it. */
static void keep(const struct conf *conf, char direction, const char *comment, struct buf *out)
{
    struct buf ports = {0}, mark = {0};

    gateway_part_ports(conf, direction, &ports);
    gateway_part_set_mark(gateway_mark(conf, gateway_kept_number(conf)), &mark);
    gateway_part_rule(out, comment, "%s socket transparent 1 counter %s accept", buf_c_str(&ports),
                      buf_c_str(&mark));
    gateway_part_rule(out, "ICMP errors about them",
                      "icmp type destination-unreachable socket transparent 1 counter %s accept",
                      buf_c_str(&mark));
    gateway_part_rule(
        out, "ICMPv6 errors about them",
        "icmpv6 type { destination-unreachable, packet-too-big } socket transparent 1 counter %s "
        "accept",
        buf_c_str(&mark));
    buf_fini(&mark);
    buf_fini(&ports);
}

static void add_proxy(const struct conf *conf, const struct gateway_facts *facts, struct buf *out)
{
    bool tproxy = conf->listeners[PROTOCOL_POP3].interception == INTERCEPTION_TPROXY;

    gateway_part_note(out, tproxy
                               ? "What arrives for mail servers is Postern's, with its addresses as they are."
                               : "What arrives for mail servers is redirected to Postern. By hand:");
    if (!tproxy)
        gateway_part_note(out,
                          "iptables -t nat -A PREROUTING -i eth0 ! -d 192.168.0.0/24 -p tcp --dport 110 -j "
                          "REDIRECT --to-ports 8110");
    buf_add_format(out, "\tchain proxy {\n\t\ttype %s; policy accept;\n",
                   tproxy ? "filter hook prerouting priority mangle" : "nat hook prerouting priority dstnat");
    gateway_part_exceptions(conf, false, out);
    if (tproxy)
        keep(conf, 'd', "connections that run", out);
    for (size_t f = 0; f < 2; f++) {
        if (gateway_proxy_is_given(conf))
            take_given(conf, facts, &gateway_families[f], out);
        else
            take(conf, &gateway_families[f], "", false, GATEWAY_COMMENT_MAIL, out);
    }
    buf_add(out, SPAN("\t}\n"));
}

/* Behind the hook that takes back what masquerading did to the destination: before it, kernels that do not
 * look that up themselves would find no socket. */
static void add_replies(const struct conf *conf, struct buf *out)
{
    gateway_part_note(out,
                      "What servers answer to a client's address, to connections of ours (source = client).");
    buf_add(out,
            SPAN("\tchain replies {\n\t\ttype filter hook prerouting priority dstnat + 5; policy accept;\n"));
    keep(conf, 's', "servers' replies", out);
    buf_add(out, SPAN("\t}\n"));
}

static void add_redirects(struct buf *out)
{
    gateway_part_note(
        out, "With one leg this host would tell clients of the shorter way, past the proxy. For IPv6");
    gateway_part_note(out, "no sysctl forbids that, and an interface made anew forgets the one for IPv4.");
    buf_add(out, SPAN("\tchain redirects {\n\t\ttype filter hook output priority filter; policy accept;\n"));
    gateway_part_rule(out, "ICMP redirects", "icmp type redirect counter drop");
    gateway_part_rule(out, "ICMPv6 redirects", "icmpv6 type nd-redirect counter drop");
    buf_add(out, SPAN("\t}\n"));
}

static void except_ourselves(const struct conf *conf, const struct gateway_facts *facts, struct buf *out)
{
    if (conf->upstream.mark)
        gateway_part_rule(out, "Postern's own, by their mark", "meta mark %#x counter return",
                          conf->upstream.mark);
    else
        gateway_part_rule(out, "Postern's own, by their user", "meta skuid %u counter return",
                          (unsigned)facts->user);
}

static void add_local(const struct conf *conf, const struct gateway_facts *facts, struct buf *out)
{
    gateway_part_note(
        out, "This host's own connections to mail servers are redirected to Postern, its own excepted.");
    buf_add(out, SPAN("\tchain local {\n\t\ttype nat hook output priority -100; policy accept;\n"));
    except_ourselves(conf, facts, out);
    gateway_part_rule(out, "to this host", "fib daddr type local counter return");
    gateway_part_exceptions(conf, true, out);
    for (size_t f = 0; f < 2; f++)
        take(conf, &gateway_families[f], "", true, GATEWAY_COMMENT_MAIL, out);
    buf_add(out, SPAN("\t}\n"));
}

void gateway_nft_print(const struct conf *conf, const struct gateway_facts *facts, struct buf *out)
{
    unsigned roles = conf->gateway.roles;

    buf_add(out, SPAN("table inet " GATEWAY_NFT_TABLE " {\n"));
    if (roles & GATEWAY_MIRROR && conf->gateway.proxies.n)
        gateway_mirror_print(conf, facts, out);
    if (roles & GATEWAY_PROXY)
        add_proxy(conf, facts, out);
    if (roles & GATEWAY_PROXY && conf->upstream.source == SOURCE_CLIENT)
        add_replies(conf, out);
    if (roles & GATEWAY_LOCAL)
        add_local(conf, facts, out);
    if (roles & (GATEWAY_MIRROR | GATEWAY_PROXY))
        gateway_guard_print(conf, facts, out);
    if (roles & (GATEWAY_MIRROR | GATEWAY_PROXY))
        add_redirects(out);
    buf_add(out, SPAN("}\n"));
}
