/* firewall_nft: reads the output of `nft -j list ruleset` (libnftables-json(5)) for one packet. Pure. */
#ifndef POSTERN_GATEWAY_FIREWALL_FIREWALL_NFT_H
#define POSTERN_GATEWAY_FIREWALL_FIREWALL_NFT_H

#include "gateway/firewall/firewall.h"

#include <jansson.h>

/* Adds the chains of all tables that see packets of the family of `packet`: inet, and ip or ip6. Leaves out
 * our table. If skip_iptables, also leaves out the tables of iptables, because nft does not show all
 * conditions of their rules. */
void firewall_nft_read(const json_t *ruleset, const struct firewall_packet *packet, bool skip_iptables,
                       struct firewall *firewall);
/* Returns whether the ruleset has chains of iptables-nft of the family ("ip", "ip6"). */
bool firewall_nft_has_iptables(const json_t *ruleset, const char *family);

/* Evaluates a statement without a verdict, such as {"match": ...}: returns whether the packet gets to the
 * next statement of the rule. Sets named "@name" are looked up in `table`, an object with "family" and
 * "table". */
enum firewall_match firewall_nft_match(const json_t *ruleset, const json_t *table,
                                       const struct firewall_packet *packet, const json_t *statement);
/* Returns whether a key, such as {"ct": {"key": "state"}}, has this value for the packet. */
enum firewall_match firewall_nft_key_has(const json_t *ruleset, const json_t *table,
                                         const struct firewall_packet *packet, const json_t *key,
                                         const json_t *value);
/* Returns the elements of a set or map of the table. NULL: none are listed. *is_dynamic: packets add
 * elements. */
const json_t *firewall_nft_elements(const json_t *ruleset, const json_t *table, const char *name,
                                    bool *is_dynamic);

#endif
