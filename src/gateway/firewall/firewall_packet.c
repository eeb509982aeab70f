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

enum firewall_match firewall_interface(const char *is, struct span name, char wildcard)
{
    if (!is)
        return FIREWALL_MAYBE;
    if (name.n && name.p[name.n - 1] == wildcard)
        return firewall_bool(span_starts(span_of(is), span_first(name, name.n - 1)));
    return firewall_bool(span_eq(span_of(is), name));
}

/* The form "192.0.2.0/255.255.255.0" is not parsed, so it may match. */
static bool read(struct span text, struct inet_network *network)
{
    if (network_read(text, network))
        return true;
    *network = (struct inet_network){0};
    return false;
}

/* True: *match is final. */
static bool read_asked(const struct firewall_packet *packet, struct span text, struct inet_network *asked,
                       enum firewall_match *match)
{
    bool is_read = read(text, asked);

    if (is_read && asked->address.any.sa_family == packet->family && asked->bits)
        return false;
    *match = !is_read ? FIREWALL_MAYBE : firewall_bool(asked->address.any.sa_family == packet->family);
    return true;
}

enum firewall_match firewall_source(const struct firewall_packet *packet, struct span network)
{
    enum firewall_match match;
    struct inet_network asked;
    size_t known = 0;

    if (read_asked(packet, network, &asked, &match))
        return match;
    match = FIREWALL_NO;
    for (size_t i = 0; i < packet->clients->n; i++) {
        const struct inet_network *client = &packet->clients->at[i];

        if (client->address.any.sa_family != packet->family)
            continue;
        known++;
        if (network_covers(&asked, client))
            match = FIREWALL_YES;
        else if (network_covers(client, &asked))
            match = firewall_or(match, FIREWALL_MAYBE);
    }
    return known ? match : FIREWALL_MAYBE;
}

enum firewall_match firewall_destination(const struct firewall_packet *packet, struct span network)
{
    enum firewall_match match;
    struct inet_network asked;

    if (read_asked(packet, network, &asked, &match))
        return match;
    for (size_t i = 0; !packet->is_local && i < packet->clients->n; i++)
        if (network_covers(&packet->clients->at[i], &asked))
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
