/* gateway_watch: keeps what `postern gateway apply` installed in effect. It is a separate process (`postern
 * gateway watch`) on every host that has a role.
 *
 * On a mirror the watch connects to every proxy's listener once per [gateway] probe_interval
 * (net/proxy_probe). A proxy that fails to answer twice in a row gets no new connections, and one that
 * answers twice in a row gets its share again (gateway/plan/proxy_health): one nft transaction replaces the
 * rules of the balance chains (gateway_balance_print), so that existing connections are not affected. A probe
 * may take half of the interval; in doubt it is repeated as soon as a quarter of the interval has passed
 * since its start. So a proxy is out at most two intervals after its death. A table that was installed anew
 * treats every proxy as alive, so the known state is written again.
 *
 * In each role the watch restores what the journal of apply lists and the kernel has lost
 * (gateway/apply/gateway_repair): the nftables table as soon as the kernel reports a removal
 * (gateway/kernel/nft_table); policy rules and routes at the next interval. A failure is logged once, and the
 * repair is retried. Nothing is restored during an apply or remove. When the watch ends, the rules stay as
 * they are.
 *
 * The watch creates the journal's directory if it is missing, as apply does, because its sandbox hides a
 * directory that is created later.
 *
 * Privileges: the user of [postern], CAP_NET_ADMIN, which nft and ip need, and no writable path but /dev/null
 * (Landlock). There is no system call filter, because nft must be executed in the sandbox. */
#ifndef POSTERN_GATEWAY_WATCH_GATEWAY_WATCH_H
#define POSTERN_GATEWAY_WATCH_GATEWAY_WATCH_H

#include "gateway/plan/gateway_plan.h"

/* Runs until SIGTERM or SIGINT; returns the exit status. There must be a role. */
int gateway_watch_run(const struct conf *conf, const struct gateway_facts *facts);

#endif
