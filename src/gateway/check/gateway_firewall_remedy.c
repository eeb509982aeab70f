#include "gateway/check/gateway_firewall_remedy.h"

#include "gateway/plan/gateway_numbers.h"

static bool has_chain(const struct gateway_cure *cure, const char *name)
{
    const struct firewall_chain *chain = cure->chain;

    return firewall_find_chain(cure->firewall, span_of(chain->family), span_of(chain->table), span_of(name));
}

static bool is_input(const struct gateway_cure *cure)
{
    return strcmp(cure->sample->packet.hook, "input") == 0;
}

static bool is_forward(const struct gateway_cure *cure)
{
    return cure->sample->path == GATEWAY_PATH_TO_PROXY;
}

static void add_ufw(const struct gateway_cure *cure, struct buf *out)
{
    unsigned port = cure->sample->packet.port;

    if (is_input(cure))
        buf_add_format(out, "ufw allow %u/tcp", port);
    else if (is_forward(cure))
        buf_add_format(out, "ufw route allow proto tcp to any port %u", port);
    else
        buf_add_format(out, "ufw allow out %u/tcp", port);
}

static void add_firewalld(const struct gateway_cure *cure, struct buf *out)
{
    const char *in = cure->sample->packet.in;

    buf_add(out, SPAN("firewall-cmd --permanent "));
    if (in)
        buf_add_format(out, "--zone=\"$(firewall-cmd --get-zone-of-interface=%s)\" ", in);
    if (is_forward(cure))
        buf_add(out, SPAN("--add-forward"));
    else
        buf_add_format(out, "--add-port=%u/tcp", cure->sample->packet.port);
    buf_add(out, SPAN(" && firewall-cmd --reload"));
}

/* Appends the marks of the proxies, each after `prefix`, with `separator` between them. If with_mask, each
 * mark is followed by its mask and by " -j ACCEPT". A mask of all bits is left out. */
static void add_marks(const struct gateway_cure *cure, const char *prefix, const char *separator,
                      bool with_mask, struct buf *out)
{
    const struct conf *conf = cure->gateway->conf;

    for (size_t i = 0; i < gateway_proxy_count(conf, cure->sample->packet.family); i++) {
        struct fwmark mark = gateway_mark(conf, i);

        buf_add_format(out, "%s%s%#x", i ? separator : "", prefix, mark.value);
        if (with_mask && mark.mask != UINT32_MAX)
            buf_add_format(out, "/%#x", mark.mask);
        if (with_mask)
            buf_add(out, SPAN(" -j ACCEPT"));
    }
}

static void add_iptables(const struct gateway_cure *cure, struct buf *out)
{
    const struct firewall_chain *chain = cure->chain;
    bool is_ipv6 = cure->sample->packet.family == AF_INET6;
    const char *program = strcmp(chain->family, GATEWAY_LEGACY4) == 0   ? GATEWAY_LEGACY4
                          : strcmp(chain->family, GATEWAY_LEGACY6) == 0 ? GATEWAY_LEGACY6
                          : is_ipv6                                     ? "ip6tables-nft"
                                                                        : "iptables-nft";
    const char *name = is_forward(cure) && has_chain(cure, "DOCKER-USER") ? "DOCKER-USER" : chain->name;
    struct buf insert = {0};

    buf_add_format(&insert, "%s -t %s -I %s ", program, chain->table, name);
    if (is_forward(cure)) {
        buf_add(&insert, SPAN("-m mark --mark "));
        add_marks(cure, buf_c_str(&insert), " && ", true, out);
    } else {
        buf_add_format(out, "%s-p tcp --dport %u -j ACCEPT", buf_c_str(&insert), cure->sample->packet.port);
    }
    buf_fini(&insert);
}

static void add_nft(const struct gateway_cure *cure, struct buf *out)
{
    const struct firewall_chain *chain = cure->chain;
    const struct conf *conf = cure->gateway->conf;
    size_t n = gateway_proxy_count(conf, cure->sample->packet.family);

    buf_add_format(out, "nft insert rule %s %s %s ", chain->family, chain->table, chain->name);
    if (is_forward(cure)) {
        buf_add(out, SPAN("meta mark "));
        if (gateway_mark(conf, 0).mask != UINT32_MAX)
            buf_add_format(out, "and %#x == ", gateway_mark(conf, 0).mask);
        buf_add(out, n > 1 ? SPAN("{ ") : SPAN(""));
        add_marks(cure, "", ", ", false, out);
        buf_add(out, n > 1 ? SPAN(" } accept") : SPAN(" accept"));
    } else {
        buf_add_format(out, "tcp dport %u accept", cure->sample->packet.port);
    }
}

void gateway_firewall_remedy(const struct gateway_cure *cure, struct buf *out)
{
    if (has_chain(cure, "ufw-before-input"))
        add_ufw(cure, out);
    else if (cure->has_firewalld && strcmp(cure->chain->table, "firewalld") == 0)
        add_firewalld(cure, out);
    else if (cure->chain->is_iptables)
        add_iptables(cure, out);
    else
        add_nft(cure, out);
}
