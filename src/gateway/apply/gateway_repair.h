/* gateway_repair: restores what the kernel has lost of what `postern gateway apply` installed: the nftables
 * table, the policy rules and the routes.
 *
 * `nft flush ruleset`, with which a reload of nftables.service begins, removes the table. The kernel drops a
 * route when its interface goes down or loses its address, and systemd-networkd may remove rules and routes
 * that it does not know. The journal (gateway/apply/gateway_state) lists what must exist: what apply
 * installed, not what a newer configuration would require, nor what apply found already in place. If nothing
 * is missing, no lock is taken. Otherwise the check is repeated and the repair made under the journal's lock:
 * apply and remove wait meanwhile, and while they run, or if they were interrupted, nothing is repaired. So
 * everything restored is in a journal that remove uses, and nothing reappears after remove. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_REPAIR_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_REPAIR_H

#include "gateway/apply/gateway_state.h"

struct gateway_repair {
    const char *directory; /* the journal's directory; borrowed */
    /* what: as for ip(8). `gone` is called once when it is missing, with the reason if it could not be
     * restored at once (else NULL); `back` is called once when it is restored. */
    void (*gone)(void *context, const char *what, const char *reason);
    void (*back)(void *context, const char *what);
    /* Does the nftables table exist now, with all its rules? */
    bool (*has_table)(void *context);
    /* The table was restored, or (reason is not NULL) could not be. */
    void (*table)(void *context, const char *reason);
    void *context;
    struct gateway_state missing; /* reported and still missing */
};

/* One turn. Needs CAP_NET_ADMIN and read access to the journal. */
void gateway_repair_turn(struct gateway_repair *repair);
void gateway_repair_fini(struct gateway_repair *repair);

#endif
