/* firewall_iptables: reads the output of iptables-save(8) for one packet. Pure. */
#ifndef POSTERN_GATEWAY_FIREWALL_FIREWALL_IPTABLES_H
#define POSTERN_GATEWAY_FIREWALL_FIREWALL_IPTABLES_H

#include "gateway/firewall/firewall.h"

/* Adds the chains of all tables except nat. `family` becomes the family of the chains: ip, ip6, or another
 * name by which the caller recognises them. Lines that are not in the format of iptables-save are ignored. */
void firewall_iptables_read(struct span text, const struct firewall_packet *packet, const char *family,
                            struct firewall *firewall);

#endif
