#include "gateway/plan/gateway_nft.h"

#include "base/address.h"
#include "base/network.h"
#include "gateway/plan/gateway_listener.h"
#include "gateway/plan/gateway_nft_parts.h"
#include "gateway/plan/gateway_numbers.h"

bool gateway_proxy_needs_mark(const struct conf *conf)
{
    return conf->gateway.roles & GATEWAY_MIRROR && conf->gateway.proxies.n;
}

/* Appends "tproxy ip to 192.168.0.3:8110 ", or "tproxy ip to :8110 " if the listen address is unspecified. */
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

/* Appends the statements that pass a connection to the listener. */
static void add_target(const struct conf *conf, const struct gateway_family *in,
                       const union inet_address *listen, bool is_redirected, struct buf *out)
{
    if (is_redirected) {
        buf_add_format(out, "redirect to :%u", address_port(listen));
        return;
    }
    add_tproxy(in, listen, out);
    gateway_part_set_mark(gateway_mark(conf, gateway_local_number(conf)), out);
    buf_add(out, SPAN(" accept"));
}

/* A chain that intercepts the connections of clients or, if is_local, those of this host itself. */
struct interceptor {
    const struct conf *conf;
    bool is_local;
    enum interception interception;
    struct buf *out;
};

/* Appends the rule that intercepts one listener's connections of a family. `which` is empty, or has further
 * conditions and a blank at the end. If the listener has no address of the family, no_proxy decides: with
 * `block` the rule refuses the connections, with `pass` there is no rule. The rule's comment names the
 * protocol if several listeners have ports. */
static void intercept(const struct interceptor *interceptor, enum protocol_id protocol,
                      const struct gateway_family *in, const char *which, const char *name)
{
    const struct conf *conf = interceptor->conf;
    const union inet_address *listen =
        gateway_listener_address(conf_listener_of(conf, protocol), in->family, interceptor->is_local);
    bool is_one = gateway_listener_count(conf) == 1;
    struct buf ports = {0}, target = {0}, comment = {0};
    struct inet_ports taken;

    gateway_listener_ports(conf, protocol, &taken);
    gateway_part_ports(&taken, 'd', &ports);
    if (listen)
        add_target(conf, in, listen, interceptor->interception == INTERCEPTION_REDIRECT, &target);
    else if (conf->gateway.no_proxy == NO_PROXY_BLOCK)
        buf_add(&target, SPAN("reject with tcp reset"));
    buf_add_format(&comment, "%s (%s%s%s)", listen ? name : "no listener: refused", in->name,
                   is_one ? "" : ", ", is_one ? "" : protocol_id_section(protocol));
    if (target.n)
        gateway_part_rule(interceptor->out, buf_c_str(&comment), "meta nfproto %s %s%s counter %s",
                          in->nfproto, which, buf_c_str(&ports), buf_c_str(&target));
    buf_fini(&comment);
    buf_fini(&target);
    buf_fini(&ports);
}

/* Appends the rules for all listeners that have the chain's kind of interception (REDIRECT or TPROXY). */
static void intercept_all(const struct interceptor *interceptor, const struct gateway_family *in,
                          const char *which, const char *name)
{
    struct inet_ports ports;

    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        if (conf_listener_of(interceptor->conf, protocol)->interception == interceptor->interception &&
            gateway_listener_ports(interceptor->conf, protocol, &ports))
            intercept(interceptor, protocol, in, which, name);
}

/* Intercepts only connections that the mirror has marked for the proxy on this host. */
static void intercept_marked(const struct interceptor *interceptor, const struct gateway_facts *facts,
                             const struct gateway_family *in)
{
    const struct conf *conf = interceptor->conf;
    struct buf which = {0};

    for (size_t i = 0; i < gateway_proxy_count(conf, in->family); i++)
        if (gateway_is_own(facts, gateway_proxy_at(conf, in->family, i))) {
            gateway_part_has_mark(gateway_mark(conf, i), &which);
            buf_add_char(&which, ' ');
            intercept_all(interceptor, in, buf_c_str(&which), GATEWAY_COMMENT_LOCAL_PROXY);
            break;
        }
    buf_fini(&which);
}

/* Appends rules that make this host receive, instead of forward, packets for transparent sockets and ICMP
 * errors about their connections. */
static void keep(const struct conf *conf, const struct inet_ports *kept, char direction, const char *comment,
                 struct buf *out)
{
    struct buf ports = {0}, mark = {0};

    gateway_part_ports(kept, direction, &ports);
    gateway_part_set_mark(gateway_mark(conf, gateway_local_number(conf)), &mark);
    gateway_part_rule(out, comment, "%s socket transparent 1 counter %s accept", buf_c_str(&ports),
                      buf_c_str(&mark));
    gateway_part_rule(out, "ICMP errors for transparent sockets",
                      "icmp type destination-unreachable socket transparent 1 counter %s accept",
                      buf_c_str(&mark));
    gateway_part_rule(
        out, "ICMPv6 errors for transparent sockets",
        "icmpv6 type { destination-unreachable, packet-too-big } socket transparent 1 counter %s "
        "accept",
        buf_c_str(&mark));
    buf_fini(&mark);
    buf_fini(&ports);
}

/* Appends the rules of `keep` for the ports of all TPROXY listeners. */
static void keep_transparent(const struct conf *conf, struct buf *out)
{
    struct inet_ports all = {0}, ports;

    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        if (conf_listener_of(conf, protocol)->interception == INTERCEPTION_TPROXY &&
            gateway_listener_ports(conf, protocol, &ports))
            for (size_t i = 0; i < ports.n; i++)
                all.at[all.n++] = ports.at[i];
    keep(conf, &all, 'd', "established connections", out);
}

static void note_proxy(bool tproxy, struct buf *out)
{
    gateway_part_note(
        out, tproxy ? "Connections to mail servers are passed to Postern with their addresses unchanged."
                    : "Connections to mail servers are redirected to Postern. By hand:");
    if (!tproxy)
        gateway_part_note(out,
                          "iptables -t nat -A PREROUTING -i eth0 ! -d 192.168.0.0/24 -p tcp --dport 110 -j "
                          "REDIRECT --to-ports 8110");
}

static void add_proxy(const struct interceptor *interceptor, const struct gateway_facts *facts,
                      const char *name)
{
    bool tproxy = interceptor->interception == INTERCEPTION_TPROXY;
    const struct conf *conf = interceptor->conf;
    struct buf *out = interceptor->out;

    note_proxy(tproxy, out);
    buf_add_format(out, "\tchain %s {\n\t\ttype %s; policy accept;\n", name,
                   tproxy ? "filter hook prerouting priority mangle" : "nat hook prerouting priority dstnat");
    gateway_part_exceptions(conf, false, out);
    if (tproxy)
        keep_transparent(conf, out);
    for (size_t f = 0; f < 2; f++) {
        if (gateway_proxy_needs_mark(conf))
            intercept_marked(interceptor, facts, &gateway_families[f]);
        else
            intercept_all(interceptor, &gateway_families[f], "", GATEWAY_COMMENT_MAIL);
    }
    buf_add(out, SPAN("\t}\n"));
}

/* Adds a chain for REDIRECT and one for TPROXY, each only if a listener with ports uses it. If both exist,
 * the chain for TPROXY is named transparent. */
static void add_proxies(const struct conf *conf, const struct gateway_facts *facts, struct buf *out)
{
    struct interceptor redirect = {conf, false, INTERCEPTION_REDIRECT, out};
    struct interceptor tproxy = {conf, false, INTERCEPTION_TPROXY, out};
    bool has_redirect = gateway_listener_with(conf, INTERCEPTION_REDIRECT) < PROTOCOLS_MAX;

    if (has_redirect)
        add_proxy(&redirect, facts, "proxy");
    if (gateway_listener_with(conf, INTERCEPTION_TPROXY) < PROTOCOLS_MAX)
        add_proxy(&tproxy, facts, has_redirect ? "transparent" : "proxy");
}

/* The priority of this chain is after dstnat. At that point conntrack has restored the destination of the
 * replies, even if another rule masquerades our connections. Before dstnat, some kernels would not find the
 * socket. */
static void add_replies(const struct conf *conf, struct buf *out)
{
    struct inet_ports diverted;

    gateway_listener_diverted(conf, &diverted);
    gateway_part_note(out,
                      "Replies of servers to our own connections from a client's address (source = client).");
    buf_add(out,
            SPAN("\tchain replies {\n\t\ttype filter hook prerouting priority dstnat + 5; policy accept;\n"));
    keep(conf, &diverted, 's', "servers' replies", out);
    buf_add(out, SPAN("\t}\n"));
}

static void add_redirects(struct buf *out)
{
    gateway_part_note(
        out,
        "With one interface this host would redirect clients to the shorter path, past the proxy. For IPv6");
    gateway_part_note(out, "no sysctl prevents that, and on a new interface the one for IPv4 is not set.");
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
    const struct interceptor interceptor = {conf, true, INTERCEPTION_REDIRECT, out};

    gateway_part_note(
        out, "This host's own connections to mail servers are redirected to Postern, except Postern's.");
    buf_add(out, SPAN("\tchain local {\n\t\ttype nat hook output priority -100; policy accept;\n"));
    except_ourselves(conf, facts, out);
    gateway_part_rule(out, "to this host", "fib daddr type local counter return");
    gateway_part_exceptions(conf, true, out);
    for (size_t f = 0; f < 2; f++)
        intercept_all(&interceptor, &gateway_families[f], "", GATEWAY_COMMENT_MAIL);
    buf_add(out, SPAN("\t}\n"));
}

void gateway_nft_print(const struct conf *conf, const struct gateway_facts *facts, struct buf *out)
{
    unsigned roles = conf->gateway.roles;

    buf_add(out, SPAN("table inet " GATEWAY_NFT_TABLE " {\n"));
    if (roles & GATEWAY_MIRROR && conf->gateway.proxies.n)
        gateway_mirror_print(conf, facts, out);
    if (roles & GATEWAY_PROXY)
        add_proxies(conf, facts, out);
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
