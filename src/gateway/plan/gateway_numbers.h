/* gateway_numbers: which proxy has which place, mark and routing table.
 *
 * Number i is that of proxy i of a family, its place in [gateway] proxies among those of its family; both
 * families share numbers. What has to stay on this host, for TPROXY or for replies to a client's address, has
 * the number after those of the proxies. Without the role mirror [gateway] proxies means nothing, and counts
 * as empty. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_NUMBERS_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_NUMBERS_H

#include "conf/conf.h"

bool gateway_has_interface(const struct inet_interfaces *interfaces, const char *name);
/* How many proxies of a family the mirror has. */
size_t gateway_proxy_count(const struct conf *conf, int family);
/* Proxy i of the family; NULL if there are not so many. */
const union inet_address *gateway_proxy_at(const struct conf *conf, int family, size_t i);
/* The place in [gateway] proxies of proxy i of the family. */
size_t gateway_proxy_place(const struct conf *conf, int family, size_t i);

/* Does the proxy here need a mark and a table by which packets for foreign addresses stay on this host? */
bool gateway_keeps(const struct conf *conf);
/* The number of that mark and table. */
size_t gateway_kept_number(const struct conf *conf);
/* How many numbers are in use. */
size_t gateway_number_count(const struct conf *conf);

/* Are there policy rules that refuse unmarked mail (gateway/plan/gateway_refusal)? Their table has the number
 * after those in use. */
bool gateway_refusal_is_wanted(const struct conf *conf);
uint32_t gateway_refusal_table(const struct conf *conf);
/* How many tables are in use. */
size_t gateway_table_count(const struct conf *conf);

struct fwmark gateway_mark(const struct conf *conf, size_t number);
uint32_t gateway_table(const struct conf *conf, size_t number);
/* How many numbers the mask has room for, from the mark's value up. */
size_t gateway_mark_room(const struct fwmark *mark);

#endif
