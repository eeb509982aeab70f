/* gateway_numbers: the number, mark and routing table of each proxy.
 *
 * Proxy i of a family has number i, its place in [gateway] proxies among those of its family; both families
 * share numbers. What TPROXY or source = client must keep on this host has the number after the last proxy.
 * Without the role mirror, [gateway] proxies is ignored and counts as empty. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_NUMBERS_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_NUMBERS_H

#include "conf/conf.h"

bool gateway_has_interface(const struct inet_interfaces *interfaces, const char *name);
/* The number of proxies of a family. */
size_t gateway_proxy_count(const struct conf *conf, int family);
/* Proxy i of the family, or NULL. */
const union inet_address *gateway_proxy_at(const struct conf *conf, int family, size_t i);
/* The place of proxy i of the family in [gateway] proxies. */
size_t gateway_proxy_place(const struct conf *conf, int family, size_t i);

/* Does the local proxy need a mark and a table that keep packets for foreign addresses on this host? */
bool gateway_keeps(const struct conf *conf);
/* The number of that mark and table. */
size_t gateway_kept_number(const struct conf *conf);
/* The number of marks in use. */
size_t gateway_number_count(const struct conf *conf);

/* Are there policy rules that refuse unmarked mail (gateway/plan/gateway_refusal)? Their table has the number
 * after the last mark. */
bool gateway_refusal_is_wanted(const struct conf *conf);
uint32_t gateway_refusal_table(const struct conf *conf);
/* The number of tables in use. */
size_t gateway_table_count(const struct conf *conf);

struct fwmark gateway_mark(const struct conf *conf, size_t number);
uint32_t gateway_table(const struct conf *conf, size_t number);
/* The number of marks that fit into the mask, from the mark's value upwards. */
size_t gateway_mark_room(const struct fwmark *mark);

#endif
