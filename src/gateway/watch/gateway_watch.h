/* gateway_watch: what keeps the rules of `postern gateway apply` true while the machine runs, a process of
 * its own (`postern gateway watch`), on every host that has a role.
 *
 * On a mirror, each [gateway] probe_interval every proxy's listener is connected to (net/proxy_probe). One
 * that does not answer twice in a row gets no new connections any more, one that answers twice in a row gets
 * its share again (gateway/plan/proxy_health): one nft transaction over the chains that decide
 * (gateway_balance_print), so that connections that others have are not touched. Half of the interval is time
 * enough to answer; in doubt it asks again at once, but not before a quarter is over. So a proxy is out at
 * most two intervals after it died. In a table that was installed anew, with every proxy taken for alive,
 * what is known is written again.
 *
 * In each role, what apply installed is put back when it is gone (gateway/apply/gateway_repair): the nftables
 * table at once, because the kernel reports its end (gateway/kernel/nft_table), policy rules and routes at
 * the next interval. While that fails, which is logged once, it is tried again. Never what no journal lists,
 * and never during an apply or remove. What the watch installed stays when it ends: mail goes on as it went.
 *
 * The journal's directory is made at the start if it is missing, as apply makes it: the fence hides what
 * comes later.
 *
 * Privileges: the user of [postern], CAP_NET_ADMIN, which nft and ip need, no path to write to (Landlock).
 * There is no system call filter, because nft has to be executed behind it. */
#ifndef POSTERN_GATEWAY_WATCH_GATEWAY_WATCH_H
#define POSTERN_GATEWAY_WATCH_GATEWAY_WATCH_H

#include "gateway/plan/gateway_plan.h"

/* Until SIGTERM or SIGINT; the exit status. There is a role at least. */
int gateway_watch_run(const struct conf *conf, const struct gateway_facts *facts);

#endif
