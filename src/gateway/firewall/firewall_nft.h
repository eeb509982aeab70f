/* firewall_nft: what `nft -j list ruleset` lists (libnftables-json(5)), for one packet. Pure. */
#ifndef POSTERN_GATEWAY_FIREWALL_FIREWALL_NFT_H
#define POSTERN_GATEWAY_FIREWALL_FIREWALL_NFT_H

#include "gateway/firewall/firewall.h"

#include <jansson.h>

/* Adds the chains of all tables that see packets of the family (inet, and ip or ip6), except ours and, if
 * skip_iptables, those of iptables: nft does not list what many of its rules ask for. */
void firewall_nft_read(const json_t *ruleset, const struct firewall_packet *packet, bool skip_iptables,
                       struct firewall *firewall);
/* Has iptables tables of that family ("ip", "ip6") in nftables? */
bool firewall_nft_has_iptables(const json_t *ruleset, const char *family);

/* Part of it: does the expression {"match": ...}, or another that a rule goes on after, hold for the packet?
 * `table` names the table whose sets "@name" means: an object with "family" and "table". */
enum firewall_match firewall_nft_match(const json_t *ruleset, const json_t *table,
                                       const struct firewall_packet *packet, const json_t *statement);
/* Does the key of a vmap, e.g. {"ct": {"key": "state"}}, have this value? */
enum firewall_match firewall_nft_is(const json_t *ruleset, const json_t *table,
                                    const struct firewall_packet *packet, const json_t *key,
                                    const json_t *value);
/* "elem" of a set or map of the table; NULL: it is not listed. *is_dynamic: packets fill it. */
const json_t *firewall_nft_elements(const json_t *ruleset, const json_t *table, const char *name,
                                    bool *is_dynamic);

#endif
