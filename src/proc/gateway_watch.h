/* gateway_watch: a mirror's eye on its proxies, a process of its own (`postern gateway watch`).
 *
 * Each [gateway] probe_interval every proxy's listener is connected to (net/proxy_probe). One that does not
 * answer twice in a row gets no new connections any more, one that answers twice in a row gets its share
 * again (core/proxy_health): one nft transaction over the chains that decide (gateway_spread_print), so that
 * connections that others have are not touched. Half of the interval is time enough to answer; in doubt it
 * asks again at once, but not before a quarter is over. So a proxy is out at most two intervals after it
 * died.
 *
 * The packet filter's table is laid by `apply`. Without it there is nothing to decide, and it waits; laid
 * anew, with every proxy taken for alive, it is told again what is known (net/nft_table). What it laid stays
 * when it ends: mail goes on as it went, and the next watch begins by asking everyone.
 *
 * As often it looks whether apply's policy rules and routes are still there, and puts back what is not
 * (svc/gateway_mend): an interface that was down and up again has lost its routes. While it is down that
 * fails, which is said once. Never without the table, nor behind the back of an apply or remove at work.
 *
 * The journal's directory is made at the start if it is missing, as apply makes it: the fence hides what comes
 * later.
 *
 * Privileges: the user of [postern], CAP_NET_ADMIN, which nft and ip need, no path to write to (Landlock).
 * There is no system call filter, because nft has to be executed behind it. */
#ifndef POSTERN_PROC_GATEWAY_WATCH_H
#define POSTERN_PROC_GATEWAY_WATCH_H

#include "core/gateway_plan.h"

/* Until SIGTERM or SIGINT; the exit status. The roles include mirror, with a proxy at least. */
int gateway_watch_run(const struct conf *conf, const struct gateway_facts *facts);

#endif
