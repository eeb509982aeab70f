/* firewall_nft: reads the output of `nft -j list ruleset` (libnftables-json(5)) for one packet. Pure. */
#ifndef POSTERN_GATEWAY_FIREWALL_FIREWALL_NFT_H
#define POSTERN_GATEWAY_FIREWALL_FIREWALL_NFT_H

#include "gateway/firewall/firewall.h"

#include <jansson.h>

/* Adds the chains of all tables that see packets of the family (inet, and ip or ip6), except ours and, if
 * skip_iptables, those of iptables: nft does not show all conditions of their rules. */
void firewall_nft_read(const json_t *ruleset, const struct firewall_packet *packet, bool skip_iptables,
                       struct firewall *firewall);
/* Does nftables contain iptables tables of that family ("ip", "ip6")? */
bool firewall_nft_has_iptables(const json_t *ruleset, const char *family);

/* Does {"match": ...}, or another expression that lets a rule continue, hold for the packet? `table`, an
 * object with "family" and "table", is where sets named "@name" are looked up. */
enum firewall_match firewall_nft_match(const json_t *ruleset, const json_t *table,
                                       const struct firewall_packet *packet, const json_t *statement);
/* Does the key of a vmap, such as {"ct": {"key": "state"}}, have this value? */
enum firewall_match firewall_nft_is(const json_t *ruleset, const json_t *table,
                                    const struct firewall_packet *packet, const json_t *key,
                                    const json_t *value);
/* Returns "elem" of a set or map of the table; NULL: not listed. *is_dynamic: packets add elements. */
const json_t *firewall_nft_elements(const json_t *ruleset, const json_t *table, const char *name,
                                    bool *is_dynamic);

#endif
