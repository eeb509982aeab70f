#include "gateway/firewall/firewall_packet.h"

#include "base/network.h"

enum firewall_match firewall_not(enum firewall_match match)
{
    return match == FIREWALL_MAYBE ? match : match == FIREWALL_YES ? FIREWALL_NO : FIREWALL_YES;
}

enum firewall_match firewall_and(enum firewall_match a, enum firewall_match b)
{
    return a < b ? a : b;
}

enum firewall_match firewall_or(enum firewall_match a, enum firewall_match b)
{
    return a > b ? a : b;
}

enum firewall_match firewall_bool(bool is_so)
{
    return is_so ? FIREWALL_YES : FIREWALL_NO;
}

enum firewall_match firewall_interface(const char *actual, struct span name, char wildcard)
{
    if (!actual)
        return FIREWALL_MAYBE;
    if (name.n && name.p[name.n - 1] == wildcard)
        return firewall_bool(span_starts(span_of(actual), span_first(name, name.n - 1)));
    return firewall_bool(span_eq(span_of(actual), name));
}

static bool parse(struct span text, struct inet_network *network)
{
    if (network_read(text, network))
        return true;
    *network = (struct inet_network){0};
    return false;
}

/* Reads the network of a condition. Returns whether *match is already final; otherwise the packet must be
 * compared with *condition. A network that cannot be parsed, such as "192.0.2.0/255.255.255.0", may match. */
static bool read_network(const struct firewall_packet *packet, struct span text,
                         struct inet_network *condition, enum firewall_match *match)
{
    bool is_read = parse(text, condition);

    if (is_read && condition->address.any.sa_family == packet->family && condition->bits)
        return false;
    *match = !is_read ? FIREWALL_MAYBE : firewall_bool(condition->address.any.sa_family == packet->family);
    return true;
}

enum firewall_match firewall_source(const struct firewall_packet *packet, struct span network)
{
    enum firewall_match match;
    struct inet_network condition;
    size_t known = 0;

    if (read_network(packet, network, &condition, &match))
        return match;
    match = FIREWALL_NO;
    for (size_t i = 0; i < packet->clients->n; i++) {
        const struct inet_network *client = &packet->clients->at[i];

        if (client->address.any.sa_family != packet->family)
            continue;
        known++;
        if (network_covers(&condition, client))
            match = FIREWALL_YES;
        else if (network_covers(client, &condition))
            match = firewall_or(match, FIREWALL_MAYBE);
    }
    return known ? match : FIREWALL_MAYBE;
}

enum firewall_match firewall_destination(const struct firewall_packet *packet, struct span network)
{
    enum firewall_match match;
    struct inet_network condition;

    if (read_network(packet, network, &condition, &match))
        return match;
    for (size_t i = 0; !packet->is_local && i < packet->clients->n; i++)
        if (network_covers(&packet->clients->at[i], &condition))
            return FIREWALL_NO;
    return FIREWALL_MAYBE;
}

enum firewall_match firewall_protocol(struct span name)
{
    return firewall_bool(span_eq_nocase(name, SPAN("tcp")) || span_eq(name, SPAN("6")) ||
                         span_eq(name, SPAN("all")));
}

enum firewall_match firewall_state(const struct firewall_packet *packet, struct span name)
{
    if (span_eq_nocase(name, SPAN("dnat")))
        return firewall_bool(packet->is_translated);
    return firewall_bool(span_eq_nocase(name, span_of(packet->state)));
}
