/* gateway_firewall_packets: sample packets of mail connections on a gateway, for each hook. Part of
 * gateway_firewall. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_PACKETS_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_PACKETS_H

#include "gateway/firewall/firewall.h"
#include "gateway/kernel/gateway.h"

/* The packet's path, on which the form of a rule that accepts the packet depends. */
enum gateway_path { GATEWAY_PATH_TO_PROXY, GATEWAY_PATH_IN, GATEWAY_PATH_OUT };

struct gateway_sample {
    struct firewall_packet packet;
    enum gateway_path path;
    const char *what;      /* "mail that is forwarded to a proxy" */
    char out[IF_NAMESIZE]; /* buffer that packet.out points to */
};

enum { GATEWAY_SAMPLES_MAX = 24 };

/* Fills `samples`, an array of GATEWAY_SAMPLES_MAX, and returns how many are used; further ones are dropped.
 * A sample must not be moved, because packet.out points into it. */
size_t gateway_firewall_packets(const struct gateway *gateway, struct gateway_sample *samples);

#endif
