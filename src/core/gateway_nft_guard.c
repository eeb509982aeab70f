#include "core/gateway_nft_parts.h"
#include "core/gateway_numbers.h"

/* Those of a family that packets are routed to. What a proxy on this host takes is not forwarded. */
static bool add_next_hops(const struct conf *conf, const struct gateway_facts *facts, int family,
                          struct buf *out)
{
    struct conf_addresses hops = {0};

    for (size_t i = 0; i < gateway_proxy_count(conf, family); i++) {
        const union conf_address *proxy = gateway_proxy_at(conf, family, i);

        if (!gateway_is_own(facts, proxy))
            hops.at[hops.n++] = *proxy;
    }
    return gateway_part_hosts(&hops, family, out);
}

static void guard_family(const struct conf *conf, const struct gateway_facts *facts,
                         const struct gateway_family *in, struct buf *out)
{
    struct buf ports = {0}, hops = {0}, comment = {0};

    gateway_part_ports(conf, 'd', &ports);
    buf_add_format(&comment, "on its way to a proxy (%s)", in->name);
    if (add_next_hops(conf, facts, in->family, &hops))
        gateway_part_rule(out, buf_c_str(&comment), "meta nfproto %s %s rt %s nexthop %s counter return",
                          in->nfproto, buf_c_str(&ports), in->ip, buf_c_str(&hops));
    buf_clear(&comment);
    buf_add_format(&comment, GATEWAY_GUARD_REFUSES " (%s)", in->name);
    gateway_part_rule(out, buf_c_str(&comment), "meta nfproto %s %s counter reject with tcp reset",
                      in->nfproto, buf_c_str(&ports));
    buf_fini(&comment);
    buf_fini(&hops);
    buf_fini(&ports);
}

void gateway_guard_print(const struct conf *conf, const struct gateway_facts *facts, struct buf *out)
{
    gateway_part_note(
        out, "Whoever wiped the mark, or took the policy rule away: what is forwarded past the proxies");
    gateway_part_note(out, "is refused, so that no mail passes unscanned (no_proxy = block).");
    buf_add(out, SPAN("\tchain " GATEWAY_GUARD_CHAIN
                      " {\n\t\ttype filter hook forward priority filter; policy accept;\n"));
    gateway_part_exceptions(conf, false, out);
    for (size_t f = 0; f < 2; f++)
        gateway_part_except_proxies(conf, &gateway_families[f], out);
    for (size_t f = 0; f < 2; f++)
        guard_family(conf, facts, &gateway_families[f], out);
    buf_add(out, SPAN("\t}\n"));
}
