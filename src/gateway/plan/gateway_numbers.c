#include "gateway/plan/gateway_numbers.h"

#include "gateway/plan/gateway_listener.h"

bool gateway_has_interface(const struct inet_interfaces *interfaces, const char *name)
{
    for (size_t i = 0; i < interfaces->n; i++)
        if (strcmp(interfaces->at[i], name) == 0)
            return true;
    return false;
}

static size_t count_listed(const struct conf *conf)
{
    return conf->gateway.roles & GATEWAY_MIRROR ? conf->gateway.proxies.n : 0;
}

size_t gateway_proxy_count(const struct conf *conf, int family)
{
    size_t n = 0;

    for (size_t index = 0; index < count_listed(conf); index++)
        n += conf->gateway.proxies.at[index].any.sa_family == family;
    return n;
}

size_t gateway_proxy_index(const struct conf *conf, int family, size_t i)
{
    size_t index = 0;

    for (size_t seen = 0; index < count_listed(conf); index++)
        if (conf->gateway.proxies.at[index].any.sa_family == family && seen++ == i)
            break;
    return index;
}

const union inet_address *gateway_proxy_at(const struct conf *conf, int family, size_t i)
{
    size_t index = gateway_proxy_index(conf, family, i);

    return index < count_listed(conf) ? &conf->gateway.proxies.at[index] : NULL;
}

bool gateway_needs_local_table(const struct conf *conf)
{
    return conf->gateway.roles & GATEWAY_PROXY &&
           (gateway_listener_with(conf, INTERCEPTION_TPROXY) < PROTOCOLS_MAX ||
            conf->upstream.source == SOURCE_CLIENT);
}

size_t gateway_local_number(const struct conf *conf)
{
    size_t n4 = gateway_proxy_count(conf, AF_INET), n6 = gateway_proxy_count(conf, AF_INET6);

    return n4 > n6 ? n4 : n6;
}

size_t gateway_number_count(const struct conf *conf)
{
    return gateway_local_number(conf) + gateway_needs_local_table(conf);
}

static uint32_t lowest_bit(uint32_t mask)
{
    return mask & ~(mask - 1);
}

struct fwmark gateway_mark(const struct conf *conf, size_t number)
{
    struct fwmark mark = conf->gateway.mark;

    mark.value += (uint32_t)number * lowest_bit(mark.mask);
    return mark;
}

uint32_t gateway_table(const struct conf *conf, size_t number)
{
    return conf->gateway.table + (uint32_t)number;
}

bool gateway_needs_refusal(const struct conf *conf)
{
    return conf->gateway.roles & (GATEWAY_MIRROR | GATEWAY_PROXY) && conf->gateway.no_proxy == NO_PROXY_BLOCK;
}

uint32_t gateway_refusal_table(const struct conf *conf)
{
    return gateway_table(conf, gateway_number_count(conf));
}

size_t gateway_table_count(const struct conf *conf)
{
    return gateway_number_count(conf) + gateway_needs_refusal(conf);
}

size_t gateway_mark_capacity(const struct fwmark *mark)
{
    size_t n = 0;

    for (uint64_t value = mark->value; n <= CONF_LIST_MAX && !(value & ~(uint64_t)mark->mask);
         value += lowest_bit(mark->mask))
        n++;
    return n;
}
