/* gateway_numbers: the number, mark and routing table of each proxy.
 *
 * The proxies of each family are numbered from 0, in the order of [gateway] proxies. An IPv4 and an IPv6
 * proxy with the same number share the mark and the table. The number after the highest one is for packets
 * that must stay on this host (TPROXY, source = client). Without the role mirror, [gateway] proxies counts as
 * empty. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_NUMBERS_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_NUMBERS_H

#include "conf/conf.h"

bool gateway_has_interface(const struct inet_interfaces *interfaces, const char *name);
size_t gateway_proxy_count(const struct conf *conf, int family);
/* Returns proxy i of the family, or NULL. */
const union inet_address *gateway_proxy_at(const struct conf *conf, int family, size_t i);
/* Returns the index of proxy i of the family in [gateway] proxies, which lists both families. */
size_t gateway_proxy_index(const struct conf *conf, int family, size_t i);

/* Returns whether this host needs a mark and a table for packets that have a foreign address but must stay on
 * this host. */
bool gateway_needs_local_table(const struct conf *conf);
/* Returns the number of that mark and table. It is also the count of the proxies' marks. */
size_t gateway_local_number(const struct conf *conf);
/* Returns the count of all marks. */
size_t gateway_number_count(const struct conf *conf);

/* Returns whether policy rules refuse unmarked mail (gateway/plan/gateway_refusal). */
bool gateway_needs_refusal(const struct conf *conf);
/* Returns the routing table of these rules. It follows the tables of the marks. */
uint32_t gateway_refusal_table(const struct conf *conf);
/* Returns the count of all tables. */
size_t gateway_table_count(const struct conf *conf);

struct fwmark gateway_mark(const struct conf *conf, size_t number);
uint32_t gateway_table(const struct conf *conf, size_t number);
/* Returns how many marks, from the mark's value upwards, fit into the mask, but at most CONF_LIST_MAX + 1. */
size_t gateway_mark_capacity(const struct fwmark *mark);

#endif
