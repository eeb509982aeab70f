#include "base/network.h"

#include "base/token.h"

#include <arpa/inet.h>

static const uint8_t *bytes_of(const union inet_address *address, unsigned *bits)
{
    *bits = address->any.sa_family == AF_INET6 ? 128 : 32;
    return address->any.sa_family == AF_INET6 ? address->in6.sin6_addr.s6_addr
                                              : (const uint8_t *)&address->in.sin_addr;
}

bool network_read_address(struct span text, union inet_address *address)
{
    char string[INET6_ADDRSTRLEN];

    memset(address, 0, sizeof *address);
    if (text.n >= sizeof string)
        return false;
    memcpy(string, text.p, text.n);
    string[text.n] = '\0';
    address->any.sa_family = memchr(text.p, ':', text.n) ? AF_INET6 : AF_INET;
    return inet_pton(address->any.sa_family, string,
                     address->any.sa_family == AF_INET6 ? (void *)&address->in6.sin6_addr
                                                        : (void *)&address->in.sin_addr) == 1;
}

static bool is_bit_set(const uint8_t *bytes, unsigned at)
{
    return bytes[at / 8] >> (7 - at % 8) & 1;
}

static bool has_host_bits(const struct inet_network *network)
{
    unsigned all;
    const uint8_t *bytes = bytes_of(&network->address, &all);

    for (unsigned at = network->bits; at < all; at++)
        if (is_bit_set(bytes, at))
            return true;
    return false;
}

bool network_read(struct span text, struct inet_network *network)
{
    const char *slash = memchr(text.p, '/', text.n);
    size_t n = slash ? (size_t)(slash - text.p) : text.n;
    uint64_t bits;
    unsigned all;

    if (!network_read_address(span_first(text, n), &network->address))
        return false;
    bytes_of(&network->address, &all);
    bits = all;
    if (slash && (!token_number(span_from(text, n + 1), &bits) || bits > all))
        return false;
    network->bits = (unsigned)bits;
    return !has_host_bits(network);
}

void network_print_address(const union inet_address *address, struct buf *out)
{
    char text[INET6_ADDRSTRLEN];
    unsigned all;

    inet_ntop(address->any.sa_family, bytes_of(address, &all), text, sizeof text);
    buf_add(out, span_of(text));
}

void network_print(const struct inet_network *network, struct buf *out)
{
    network_print_address(&network->address, out);
    buf_add_format(out, "/%u", network->bits);
}

static bool is_mapped(const union inet_address *address)
{
    return address->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address->in6.sin6_addr);
}

bool network_has(const struct inet_network *network, const union inet_address *address)
{
    unsigned all, others;
    const uint8_t *own = bytes_of(&network->address, &all), *other = bytes_of(address, &others);

    if (is_mapped(address)) {
        other += 12;
        others = 32;
    }
    if (all != others)
        return false;
    for (unsigned at = 0; at < network->bits; at++)
        if (is_bit_set(own, at) != is_bit_set(other, at))
            return false;
    return true;
}

bool network_covers(const struct inet_network *outer, const struct inet_network *inner)
{
    return outer->address.any.sa_family == inner->address.any.sa_family && outer->bits <= inner->bits &&
           network_has(outer, &inner->address);
}
