/* gateway_watch: keeps what `postern gateway apply` installed in effect. It is a separate process (`postern
 * gateway watch`) on every host that has a role.
 *
 * On a mirror, the watch connects to every proxy's listener once per [gateway] probe_interval
 * (net/proxy_probe). A proxy that fails to answer twice in a row gets no new connections. A proxy that
 * answers twice in a row gets its share again (gateway/plan/proxy_health). To change this, one nft
 * transaction replaces the rules of the balance chains (gateway_balance_print); existing connections are not
 * affected. An answer may take half of the interval. After a result that contradicts the proxy's state, the
 * next probe starts a quarter of the interval after the start of the last one. If the last probe has waited
 * longer than that, the next one starts immediately. So a dead proxy gets new connections for at most two
 * intervals. When a table is installed, its rules treat every proxy as alive, so the watch writes the known
 * states again.
 *
 * In each role, the watch restores what the journal of apply lists and the kernel has lost
 * (gateway/apply/gateway_repair). It restores the nftables table as soon as the kernel reports a removal
 * (gateway/kernel/nft_table), and policy rules and routes at the next interval. If this fails, the failure is
 * logged once, and the repair is retried. Nothing is restored during an apply or remove. When the watch ends,
 * the rules stay as they are.
 *
 * Privileges: those of the user of [postern], and CAP_NET_ADMIN, which nft and ip need. The sandbox
 * (Landlock) makes no path writable but /dev/null. There is no system call filter, because it would apply to
 * nft, too. */
#ifndef POSTERN_GATEWAY_WATCH_GATEWAY_WATCH_H
#define POSTERN_GATEWAY_WATCH_GATEWAY_WATCH_H

#include "gateway/plan/gateway_plan.h"

/* Runs until SIGTERM or SIGINT; returns the exit status. There must be a role. */
int gateway_watch_run(const struct conf *conf, const struct gateway_facts *facts);

#endif
