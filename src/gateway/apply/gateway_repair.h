/* gateway_repair: puts back what the kernel has lost of what `postern gateway apply` installed: the nftables
 * table, the policy rules and the routes.
 *
 * `nft flush ruleset`, which a reload of nftables.service begins with, takes the table away. The kernel drops
 * a route when its interface goes down or loses its address, and systemd-networkd may remove rules and routes
 * that it does not know. What has to be there is what the journal lists (gateway/apply/gateway_state): what
 * apply installed, and not what another configuration would want, nor what apply found there already. A turn
 * without anything missing takes no lock. Otherwise the journal's lock is held while it looks again and adds:
 * apply and remove wait that moment, and while they are at work, or have not finished, nothing is done. So
 * all that is put back is in a journal that remove goes by, and nothing comes back after it. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_REPAIR_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_REPAIR_H

#include "gateway/apply/gateway_state.h"

struct gateway_repair {
    const char *directory; /* the journal's; borrowed */
    /* What: as for ip(8). Once when it is missed, with the reason where it could not be put back at once
     * (else NULL), and once when it is there again. */
    void (*gone)(void *context, const char *what, const char *reason);
    void (*back)(void *context, const char *what);
    /* Is the nftables table there, with all its rules, at this moment? */
    bool (*has_table)(void *context);
    /* It was put back, or (reason is not NULL) could not be. */
    void (*table)(void *context, const char *reason);
    void *context;
    struct gateway_state missing; /* told, and not back yet */
};

/* One turn. Needs CAP_NET_ADMIN, and no other right than to read the journal. */
void gateway_repair_turn(struct gateway_repair *mend);
void gateway_repair_fini(struct gateway_repair *mend);

#endif
