#include "gateway/plan/gateway_nft_parts.h"
#include "gateway/plan/gateway_numbers.h"

/* Differs from GATEWAY_SEED_ALL: with equal seeds, the clients of a dead proxy might all get the same live
 * proxy. */
enum { SEED_FALLBACK = 0x3e8 };

static bool is_alive(const struct conf *conf, const struct gateway_family *in, size_t i, uint32_t alive)
{
    return alive >> gateway_proxy_index(conf, in->family, i) & 1;
}

static size_t count_alive(const struct conf *conf, const struct gateway_family *in, uint32_t alive)
{
    size_t n = 0;

    for (size_t i = 0; i < gateway_proxy_count(conf, in->family); i++)
        n += is_alive(conf, in, i, alive);
    return n;
}

static void add_hash(const struct conf *conf, const struct gateway_family *in, size_t modulus, unsigned seed,
                     struct buf *out)
{
    buf_add_format(out, "counter jhash %s saddr%s mod %zu seed %#x vmap { ", in->ip,
                   conf->gateway.spread == SPREAD_CONNECTION ? " . tcp sport" : "", modulus, seed);
}

static void add_all(const struct conf *conf, const struct gateway_family *in, uint32_t alive, struct buf *out)
{
    size_t n = gateway_proxy_count(conf, in->family);

    add_hash(conf, in, n, GATEWAY_SEED_ALL, out);
    for (size_t i = 0; i < n; i++) {
        if (is_alive(conf, in, i, alive))
            buf_add_format(out, "%s%zu : goto " GATEWAY_PROXY_CHAIN, i ? ", " : "", i, in->digit, i);
        else
            buf_add_format(out, "%s%zu : goto fallback%c", i ? ", " : "", i, in->digit);
    }
    buf_add(out, SPAN(" } comment \"over all proxies\""));
}

static void add_live(const struct conf *conf, const struct gateway_family *in, uint32_t alive,
                     struct buf *out)
{
    size_t slot = 0;

    add_hash(conf, in, count_alive(conf, in, alive), SEED_FALLBACK, out);
    for (size_t i = 0; i < gateway_proxy_count(conf, in->family); i++)
        if (is_alive(conf, in, i, alive)) {
            buf_add_format(out, "%s%zu : goto " GATEWAY_PROXY_CHAIN, slot ? ", " : "", slot, in->digit, i);
            slot++;
        }
    buf_add(out, SPAN(" } comment \"over the live proxies\""));
}

static void add_only_live(const struct conf *conf, const struct gateway_family *in, uint32_t alive,
                          struct buf *out)
{
    for (size_t i = 0; i < gateway_proxy_count(conf, in->family); i++)
        if (is_alive(conf, in, i, alive))
            buf_add_format(out, "counter goto " GATEWAY_PROXY_CHAIN " comment \"to the only live proxy\"",
                           in->digit, i);
}

void gateway_balance_rule(const struct conf *conf, const struct gateway_family *in, uint32_t alive,
                          struct buf *out)
{
    if (count_alive(conf, in, alive) == 0)
        buf_add_format(out, "counter goto no_proxy%c comment \"no proxy is left\"", in->digit);
    else if (gateway_proxy_count(conf, in->family) == 1)
        add_only_live(conf, in, alive, out);
    else
        add_all(conf, in, alive, out);
}

void gateway_fallback_rule(const struct conf *conf, const struct gateway_family *in, uint32_t alive,
                           struct buf *out)
{
    size_t n = gateway_proxy_count(conf, in->family), living = count_alive(conf, in, alive);

    if (living == n)
        return;
    if (living == 1)
        add_only_live(conf, in, alive, out);
    else if (living > 1)
        add_live(conf, in, alive, out);
}

static void replace(char digit, const char *chain, struct buf *rule, struct buf *out)
{
    buf_add_format(out, "flush chain inet " GATEWAY_NFT_TABLE " %s%c\n", chain, digit);
    if (rule->n)
        buf_add_format(out, "add rule inet " GATEWAY_NFT_TABLE " %s%c %s\n", chain, digit, buf_c_str(rule));
    buf_clear(rule);
}

void gateway_balance_print(const struct conf *conf, const struct gateway_facts *facts, uint32_t alive,
                           struct buf *out)
{
    struct buf rule = {0};

    for (size_t i = 0; i < 2; i++) {
        const struct gateway_family *in = &gateway_families[i];

        if (!gateway_proxy_count(conf, in->family))
            continue;
        gateway_balance_rule(conf, in, alive, &rule);
        replace(in->digit, "balance", &rule, out);
        gateway_fallback_rule(conf, in, alive, &rule);
        replace(in->digit, "fallback", &rule, out);
    }
    buf_fini(&rule);
}
