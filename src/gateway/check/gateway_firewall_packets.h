/* gateway_firewall_packets: the packets of mail connections on a gateway, per hook. Part of
 * gateway_firewall. */
#ifndef POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_PACKETS_H
#define POSTERN_GATEWAY_CHECK_GATEWAY_FIREWALL_PACKETS_H

#include "gateway/firewall/firewall.h"
#include "gateway/kernel/gateway.h"

/* The packet's path, which decides the rule that would accept it. */
enum gateway_way { GATEWAY_WAY_TO_PROXY, GATEWAY_WAY_IN, GATEWAY_WAY_OUT };

struct gateway_passer {
    struct firewall_packet packet;
    enum gateway_way way;
    const char *what;      /* "mail that is forwarded to a proxy" */
    char out[IF_NAMESIZE]; /* buffer that packet.out points to */
};

enum { GATEWAY_PASSERS_MAX = 24 };

/* Returns their number. `passers` must not be moved. */
size_t gateway_firewall_packets(const struct gateway *gateway, struct gateway_passer *passers);

#endif
