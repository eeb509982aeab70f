/* gateway_firewall_packets: makes the sample packets that gateway_firewall evaluates. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_PACKETS_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_PACKETS_H

#include "gateway/firewall/firewall.h"
#include "gateway/kernel/gateway.h"

/* The path of the packet. A rule that accepts the packet has another form for each path. */
enum gateway_path { GATEWAY_PATH_TO_PROXY, GATEWAY_PATH_IN, GATEWAY_PATH_OUT };

struct gateway_sample {
    struct firewall_packet packet;
    enum gateway_path path;
    const char *what;      /* "mail that is forwarded to a proxy" */
    char out[IF_NAMESIZE]; /* buffer that packet.out points to */
};

enum { GATEWAY_SAMPLES_MAX = 24 };

/* Fills `samples`, an array of GATEWAY_SAMPLES_MAX, and returns how many are used. Packets that do not fit
 * are dropped. A sample must not be moved, because packet.out may point into it. */
size_t gateway_firewall_packets(const struct gateway *gateway, struct gateway_sample *samples);

#endif
