/* firewall_iptables: what iptables-save(8) prints, for one packet. Pure. */
#ifndef POSTERN_GATEWAY_FIREWALL_FIREWALL_IPTABLES_H
#define POSTERN_GATEWAY_FIREWALL_FIREWALL_IPTABLES_H

#include "gateway/firewall/firewall.h"

/* Adds the chains of all its tables but nat, of the family `name` (that of the chains: ip, ip6, or another by
 * which the caller knows them again). What is no line of iptables-save is passed over. */
void firewall_iptables_read(struct span text, const struct firewall_packet *packet, const char *name,
                            struct firewall *firewall);

#endif
