/* gateway_repair: restores the nftables table, policy rules and routes that `postern gateway apply` installed
 * and the kernel has lost.
 *
 * A reload of nftables.service begins with `nft flush ruleset`, which removes the table. The kernel drops a
 * route when its interface goes down or loses its address. systemd-networkd may remove rules and routes that
 * it does not know. The journal (gateway/apply/gateway_state) lists what must exist. That is what apply has
 * installed, without what existed before, and without what a newer configuration requires.
 *
 * If nothing is missing, no lock is taken. If something is missing, the check is repeated under the journal's
 * lock, and what is still missing is restored. Apply and remove wait for the lock meanwhile. Nothing is
 * restored while apply or remove runs, or after one of them did not complete. So everything that is restored
 * is in a journal that remove uses, and nothing reappears after remove. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_REPAIR_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_REPAIR_H

#include "gateway/apply/gateway_state.h"

struct gateway_repair {
    const char *directory; /* the journal's directory; borrowed */
    /* When a rule or route is missing, `gone` is called once. When it exists again, `back` is called. what:
     * the arguments of ip(8). reason: why it could not be restored immediately, or NULL. */
    void (*gone)(void *context, const char *what, const char *reason);
    void (*back)(void *context, const char *what);
    /* Returns whether the nftables table exists now, with all its rules. */
    bool (*has_table)(void *context);
    /* Called when the table was restored (reason is NULL), and when that failed. */
    void (*table_done)(void *context, const char *reason);
    void *context;
    struct gateway_state missing; /* rules and routes that are reported and still missing */
};

/* Checks once, and restores what is missing. Needs CAP_NET_ADMIN and read access to the journal. */
void gateway_repair_turn(struct gateway_repair *repair);
void gateway_repair_fini(struct gateway_repair *repair);

#endif
