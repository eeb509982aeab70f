#include "gateway/plan/gateway_listener.h"
#include "gateway/plan/gateway_nft_parts.h"
#include "gateway/plan/gateway_numbers.h"

/* Appends the proxies of a family that are on other hosts. False: none. */
static bool add_next_hops(const struct conf *conf, const struct gateway_facts *facts, int family,
                          struct buf *out)
{
    struct inet_addresses hops = {0};

    for (size_t i = 0; i < gateway_proxy_count(conf, family); i++) {
        const union inet_address *proxy = gateway_proxy_at(conf, family, i);

        if (!gateway_is_own(facts, proxy))
            hops.at[hops.n++] = *proxy;
    }
    return gateway_part_hosts(&hops, family, out);
}

static void pass_to_proxies(const struct conf *conf, const struct gateway_facts *facts,
                            const struct gateway_family *in, struct buf *out)
{
    struct buf ports = {0}, hops = {0}, comment = {0};
    struct inet_ports diverted;

    gateway_listener_diverted(conf, &diverted);
    gateway_part_ports(&diverted, 'd', &ports);
    buf_add_format(&comment, "on its way to a proxy (%s)", in->name);
    if (add_next_hops(conf, facts, in->family, &hops))
        gateway_part_rule(out, buf_c_str(&comment), "meta nfproto %s %s rt %s nexthop %s counter return",
                          in->nfproto, buf_c_str(&ports), in->ip, buf_c_str(&hops));
    buf_fini(&comment);
    buf_fini(&hops);
    buf_fini(&ports);
}

/* Excepts connections to our own servers: they come in by an uplink that is not listed, and leave by an
 * interface that is no uplink. */
static void pass_from_servers(const struct conf *conf, const struct gateway_facts *facts, struct buf *out)
{
    struct buf in = {0}, uplinks = {0};

    gateway_part_interfaces(&facts->uplinks, NULL, &uplinks);
    if (gateway_part_interfaces(&facts->uplinks, &conf->gateway.interfaces, &in))
        gateway_part_rule(out, "from the servers' side", "iifname %s oifname != %s counter return",
                          buf_c_str(&in), buf_c_str(&uplinks));
    buf_fini(&uplinks);
    buf_fini(&in);
}

/* The rule that updates the set does not match while the set is full. Therefore other rules refuse the
 * mail. */
static void count_by_interface(const char *which, const char *ports, struct buf *out)
{
    gateway_part_rule(out, "count by interface", "%s%s update @" GATEWAY_GUARD_SET " { iifname counter }",
                      which, ports);
}

/* `which` is empty, or has further conditions and a blank at the end. */
static void refuse_families(const char *which, const char *ports, struct buf *out)
{
    for (size_t f = 0; f < 2; f++) {
        const struct gateway_family *in = &gateway_families[f];
        struct buf comment = {0};

        buf_add_format(&comment, GATEWAY_GUARD_REFUSES " (%s)", in->name);
        gateway_part_rule(out, buf_c_str(&comment), "%smeta nfproto %s %s counter reject with tcp reset",
                          which, in->nfproto, ports);
        buf_fini(&comment);
    }
}

static void refuse(const char *listed, const char *ports, struct buf *out)
{
    struct buf which = {0};

    buf_add_format(&which, "iifname %s ", listed);
    count_by_interface("", ports, out);
    refuse_families(buf_c_str(&which), ports, out);
    gateway_part_rule(out, GATEWAY_GUARD_UNLISTED, "%s counter reject with tcp reset", ports);
    buf_fini(&which);
}

/* Excepts packets with one of our marks, because our policy rules route them. */
static void pass_marked(const struct conf *conf, struct buf *out)
{
    for (size_t i = 0; i < gateway_number_count(conf); i++) {
        struct buf mark = {0}, comment = {0};

        gateway_part_has_mark(gateway_mark(conf, i), &mark);
        buf_add_format(&comment, "has mark %zu", i);
        gateway_part_rule(out, buf_c_str(&comment), "%s counter return", buf_c_str(&mark));
        buf_fini(&comment);
        buf_fini(&mark);
    }
}

/* Refuses mail before the policy rules of gateway_refusal would. Those rules do not count the mail, and they
 * answer with an ICMP error, which clients may ignore. */
static void add_lost(const struct conf *conf, const char *ports, struct buf *out)
{
    gateway_part_note(
        out, "Mail that no rule took, or with a mark that other rules cleared, is refused before it is "
             "routed.");
    buf_add(out, SPAN("\tchain " GATEWAY_LOST_CHAIN
                      " {\n\t\ttype filter hook prerouting priority 300; policy accept;\n"));
    gateway_part_exceptions(conf, false, out);
    for (size_t f = 0; f < 2; f++)
        gateway_part_except_proxies(conf, &gateway_families[f], out);
    gateway_part_rule(out, "to this host", "fib daddr type local counter return");
    pass_marked(conf, out);
    count_by_interface("", ports, out);
    refuse_families("", ports, out);
    buf_add(out, SPAN("\t}\n"));
}

/* Counts only mail from unlisted interfaces, which is never diverted. */
static void count_unlisted(const char *listed, const char *ports, struct buf *out)
{
    struct buf which = {0};

    buf_add_format(&which, "iifname != %s ", listed);
    count_by_interface(buf_c_str(&which), ports, out);
    gateway_part_rule(out, GATEWAY_GUARD_UNLISTED, "%s%s counter return", buf_c_str(&which), ports);
    buf_fini(&which);
}

static void note(bool is_block, struct buf *out)
{
    gateway_part_note(out, is_block
                               ? "Mail that is forwarded past the proxies, or came in by an interface that "
                                 "[gateway] does not"
                               : "Mail that came in by an interface that [gateway] does not list is "
                                 "counted,");
    gateway_part_note(out, is_block ? "list, is refused (no_proxy = block)."
                                    : "and passes unscanned (no_proxy = pass).");
}

static void add_set(struct buf *out)
{
    buf_add(out,
            SPAN("\tset " GATEWAY_GUARD_SET " {\n\t\ttype ifname\n\t\tsize 256\n\t\tflags dynamic\n\t}\n"));
}

static void add_guard(const struct conf *conf, const struct gateway_facts *facts, const char *ports,
                      struct buf *out)
{
    bool is_block = conf->gateway.no_proxy == NO_PROXY_BLOCK;
    struct buf listed = {0};

    note(is_block, out);
    buf_add(out, SPAN("\tchain " GATEWAY_GUARD_CHAIN
                      " {\n\t\ttype filter hook forward priority filter; policy accept;\n"));
    gateway_part_except_networks(conf, false, out);
    for (size_t f = 0; f < 2; f++)
        gateway_part_except_proxies(conf, &gateway_families[f], out);
    pass_from_servers(conf, facts, out);
    for (size_t f = 0; f < 2; f++)
        pass_to_proxies(conf, facts, &gateway_families[f], out);
    gateway_part_interfaces(&conf->gateway.interfaces, NULL, &listed);
    if (is_block)
        refuse(buf_c_str(&listed), ports, out);
    else
        count_unlisted(buf_c_str(&listed), ports, out);
    buf_add(out, SPAN("\t}\n"));
    buf_fini(&listed);
}

void gateway_guard_print(const struct conf *conf, const struct gateway_facts *facts, struct buf *out)
{
    struct buf ports = {0};
    struct inet_ports diverted;

    gateway_listener_diverted(conf, &diverted);
    gateway_part_ports(&diverted, 'd', &ports);
    gateway_part_note(out, "Counts the mail that the next chains refuse or let pass, by incoming interface.");
    add_set(out);
    if (conf->gateway.no_proxy == NO_PROXY_BLOCK)
        add_lost(conf, buf_c_str(&ports), out);
    add_guard(conf, facts, buf_c_str(&ports), out);
    buf_fini(&ports);
}
