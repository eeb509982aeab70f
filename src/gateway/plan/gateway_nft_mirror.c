#include "base/network.h"
#include "gateway/plan/gateway_listener.h"
#include "gateway/plan/gateway_nft_parts.h"
#include "gateway/plan/gateway_numbers.h"

/* The rules need not match the direction, because the mirror diverts only packets from clients. */
#define IS_SYN "tcp flags & (fin | syn | rst | ack) == syn"
#define IS_NOT_SYN "tcp flags & (fin | syn | rst | ack) != syn"

/* REMEMBERED: how long a connection is remembered after its last packet. BEGUN: how long it is remembered if
 * only a SYN has been seen; this is short, so that the entries of a SYN flood soon expire. If a set is full,
 * the hash decides about further connections, as about new ones. */
#define REMEMBERED "30m"
#define BEGUN "1m"
enum { FLOWS_MAX = 65536 };

/* The comment of the set is the proxy's address. The address identifies the proxy in every plan, whereas its
 * number may change. */
static void add_set(const struct conf *conf, const struct gateway_family *in, size_t i, struct buf *out)
{
    buf_add_format(out,
                   "\tset " GATEWAY_FLOWS_SET " {\n"
                   "\t\ttype %s_addr . inet_service . %s_addr . inet_service\n"
                   "\t\tsize %d\n"
                   "\t\tflags dynamic,timeout\n"
                   "\t\ttimeout " REMEMBERED "\n"
                   "\t\tcomment \"",
                   in->digit, i, in->nfproto, in->nfproto, FLOWS_MAX);
    network_print_address(gateway_proxy_at(conf, in->family, i), out);
    buf_add(out, SPAN("\"\n\t}\n"));
}

static void add_sets(const struct conf *conf, struct buf *out)
{
    gateway_part_note(out, "The connections of each proxy, so that none moves while its proxy is alive.");
    for (size_t f = 0; f < 2; f++)
        for (size_t i = 0; i < gateway_proxy_count(conf, gateway_families[f].family); i++)
            add_set(conf, &gateway_families[f], i, out);
}

static void divert_family(const struct conf *conf, const struct gateway_family *in, struct buf *out)
{
    const char *to = gateway_proxy_count(conf, in->family) ? "decide" : "no_proxy";
    struct buf ports = {0}, comment = {0};
    struct inet_ports diverted;

    gateway_listener_diverted(conf, &diverted);
    gateway_part_ports(&diverted, 'd', &ports);
    buf_add_format(&comment, GATEWAY_COMMENT_MAIL " (%s)", in->name);
    gateway_part_rule(out, buf_c_str(&comment), "meta nfproto %s %s counter goto %s%c", in->nfproto,
                      buf_c_str(&ports), to, in->digit);
    buf_fini(&comment);
    buf_fini(&ports);
}

static void add_divert(const struct conf *conf, struct buf *out)
{
    gateway_part_note(out,
                      "The clients' packets for mail servers get a mark before they are routed. By hand:");
    gateway_part_note(out,
                      "iptables -t mangle -A PREROUTING -i eth0 -p tcp --dport 110 -j MARK --set-mark 0x6e");
    gateway_part_note(
        out, "Here this is done before connection tracking, which such packets can then bypass (notrack).");
    buf_add(out, SPAN("\tchain divert {\n\t\ttype filter hook prerouting priority raw; policy accept;\n"));
    gateway_part_exceptions(conf, false, out);
    for (size_t f = 0; f < 2; f++)
        gateway_part_except_proxies(conf, &gateway_families[f], out);
    for (size_t f = 0; f < 2; f++)
        divert_family(conf, &gateway_families[f], out);
    buf_add(out, SPAN("\t}\n"));
}

/* If there are several proxies, a SYN first deletes the entries for its addresses and ports. Another proxy
 * may have such an entry, because the client has reused the port or has repeated the SYN. */
static void decide_beginning(const struct gateway_family *in, size_t n, struct buf *out)
{
    struct buf comment = {0};

    for (size_t i = 0; n > 1 && i < n; i++) {
        buf_clear(&comment);
        buf_add_format(&comment, "begins: forget proxy %zu", i);
        buf_add_format(out, "\t\t" IS_SYN " delete @" GATEWAY_FLOWS_SET " { ", in->digit, i);
        buf_add_format(out, "%s saddr . tcp sport . %s daddr . tcp dport", in->ip, in->ip);
        buf_add_format(out, " } comment \"%s\"\n", buf_c_str(&comment));
    }
    gateway_part_rule(out, "begins", IS_SYN " counter goto " GATEWAY_BALANCE_CHAIN, in->digit);
    buf_fini(&comment);
}

static void decide_known(const struct gateway_family *in, size_t n, struct buf *out)
{
    struct buf comment = {0};

    for (size_t i = 0; i < n; i++) {
        buf_clear(&comment);
        buf_add_format(&comment, "known: of proxy %zu", i);
        gateway_part_rule(out, buf_c_str(&comment),
                          "%s saddr . tcp sport . %s daddr . tcp dport @" GATEWAY_FLOWS_SET
                          " counter goto " GATEWAY_PROXY_CHAIN,
                          in->ip, in->ip, in->digit, i, in->digit, i);
    }
    gateway_part_rule(out, "unknown", "counter goto " GATEWAY_BALANCE_CHAIN, in->digit);
    buf_fini(&comment);
}

static void add_decide(const struct conf *conf, const struct gateway_family *in, struct buf *out)
{
    size_t n = gateway_proxy_count(conf, in->family);

    gateway_part_note(out, "New connections are balanced; packets of known ones follow them.");
    buf_add_format(out, "\tchain decide%c {\n", in->digit);
    decide_beginning(in, n, out);
    decide_known(in, n, out);
    buf_add(out, SPAN("\t}\n"));
}

static void add_chain(const char *name, char digit, struct buf *rule, struct buf *out)
{
    buf_add_format(out, "\tchain %s%c {\n", name, digit);
    if (rule->n)
        buf_add_format(out, "\t\t%s\n", buf_c_str(rule));
    buf_add(out, SPAN("\t}\n"));
    buf_clear(rule);
}

static void add_spread(const struct conf *conf, const struct gateway_family *in, struct buf *out)
{
    struct buf rule = {0};

    gateway_part_note(out,
                      "Hashes over all proxies; for a dead one, over the live ones. `postern gateway watch` "
                      "updates both chains.");
    gateway_balance_rule(conf, in, UINT32_MAX, &rule);
    add_chain("balance", in->digit, &rule, out);
    gateway_fallback_rule(conf, in, UINT32_MAX, &rule);
    add_chain("fallback", in->digit, &rule, out);
    buf_fini(&rule);
}

static void remember(const struct gateway_family *in, size_t i, struct buf *out)
{
    gateway_part_rule(out, GATEWAY_COMMENT_BEGUN,
                      IS_SYN " counter update @" GATEWAY_FLOWS_SET
                             " { %s saddr . tcp sport . %s daddr . tcp dport "
                             "timeout " BEGUN " }",
                      in->digit, i, in->ip, in->ip);
    gateway_part_rule(out, "remember",
                      IS_NOT_SYN " update @" GATEWAY_FLOWS_SET
                                 " { %s saddr . tcp sport . %s daddr . tcp dport "
                                 "timeout " REMEMBERED " }",
                      in->digit, i, in->ip, in->ip);
}

static void name_proxy(const union inet_address *proxy, bool is_here, struct buf *out)
{
    buf_add(out, SPAN("\t# For proxy "));
    network_print_address(proxy, out);
    buf_add(out, is_here ? SPAN(", which is this host: marked, but not forwarded.\n") : SPAN(".\n"));
}

static void add_proxy(const struct conf *conf, const struct gateway_facts *facts,
                      const struct gateway_family *in, size_t i, struct buf *out)
{
    const union inet_address *proxy = gateway_proxy_at(conf, in->family, i);
    bool is_here = gateway_is_own(facts, proxy);
    struct buf mark = {0};

    gateway_part_set_mark(gateway_mark(conf, i), &mark);
    name_proxy(proxy, is_here, out);
    buf_add_format(out, "\tchain " GATEWAY_PROXY_CHAIN " {\n", in->digit, i);
    remember(in, i, out);
    gateway_part_rule(out, "mark", "%s", buf_c_str(&mark));
    if (conf->gateway.notrack && !is_here)
        gateway_part_rule(out, "untracked", "notrack");
    gateway_part_rule(out, GATEWAY_COMMENT_PACKETS, "counter accept");
    buf_add(out, SPAN("\t}\n"));
    buf_fini(&mark);
}

static void add_no_proxy(const struct conf *conf, const struct gateway_family *in, struct buf *out)
{
    bool pass = conf->gateway.no_proxy == NO_PROXY_PASS;

    gateway_part_note(out, pass ? "No proxy: the connection reaches the server, unscanned (no_proxy = pass)."
                                : "No proxy: refused, so that no mail passes unscanned (no_proxy = block).");
    buf_add_format(out, "\tchain no_proxy%c {\n", in->digit);
    gateway_part_rule(out, pass ? "let through" : "refused",
                      pass ? "counter return" : "meta l4proto tcp counter reject with tcp reset");
    buf_add(out, SPAN("\t}\n"));
}

void gateway_mirror_print(const struct conf *conf, const struct gateway_facts *facts, struct buf *out)
{
    add_sets(conf, out);
    add_divert(conf, out);
    for (size_t f = 0; f < 2; f++) {
        const struct gateway_family *in = &gateway_families[f];
        size_t n = gateway_proxy_count(conf, in->family);

        if (n) {
            add_decide(conf, in, out);
            add_spread(conf, in, out);
        }
        for (size_t i = 0; i < n; i++)
            add_proxy(conf, facts, in, i, out);
        add_no_proxy(conf, in, out);
    }
    gateway_errors_print(conf, out);
}
