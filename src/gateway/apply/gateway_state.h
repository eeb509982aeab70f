/* gateway_state: what `postern gateway apply` changed, and what was there before: its journal.
 *
 * A JSON file in the runtime directory, written before the first change (is_complete: false, all that will be
 * changed) and again after the last. Who is killed between leaves a file that says at most too much, never
 * too little: apply and remove clean up by it. It has only what is ours: a rule, a route or a value that
 * stood there before apply came is left out, and so left alone.
 *
 * It holds for one boot: the file of an earlier one, and one that another user than root wrote, counts as
 * none. (A process that may not change the kernel also accepts a file of its own user.) It also holds for one
 * network namespace, which it names. Namespaces may share the runtime directory (`ip netns exec` does): where
 * gateway.json is another one's, ours is gateway-NAMESPACE.json beside it, and the other is left alone. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_STATE_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_STATE_H

#include "gateway/plan/gateway_plan.h"

#define GATEWAY_STATE_FILE "gateway.json"

struct gateway_saved {
    char *path;   /* below /proc/sys/ */
    char *before; /* what it was without us */
    char *ours;   /* what it is with us; NULL: not known yet, because it follows from another's change */
};

struct gateway_state {
    bool exists, is_complete;
    size_t rule_count, route_count, saved_count;
    struct gateway_rule *rules;   /* without `why` */
    struct gateway_route *routes; /* likewise */
    struct gateway_saved *saved;  /* in the order in which they are to be put back */
    struct buf table;             /* statements for `nft -f`: the nftables table as it was installed */
};

/* The journal's directory, a descriptor; made if it is missing, root's and for everybody to read. -1 and
 * *error. */
int gateway_state_directory(const char *directory, struct buf *error);
/* False: there is a file, and it cannot be read or understood; *error says so. None: exists is false. */
bool gateway_state_load(const char *directory, struct gateway_state *state, struct buf *error);
bool gateway_state_save(const char *directory, const struct gateway_state *state, struct buf *error);
bool gateway_state_forget(const char *directory, struct buf *error);
/* One at a time changes the kernel: held until the descriptor that it returns is closed. Makes the directory.
 * -1 and *error: somebody else has been at work for all of patience_ms, or it cannot be made. */
enum {
    GATEWAY_PATIENCE_MS = 2000
}; /* of commands: the watch holds it for moments (gateway/apply/gateway_repair) */
int gateway_state_lock(const char *directory, uint64_t patience_ms, struct buf *error);
void gateway_state_fini(struct gateway_state *state);

/* Unless it has it. */
void gateway_state_add_rule(struct gateway_state *state, const struct gateway_rule *rule);
void gateway_state_add_route(struct gateway_state *state, const struct gateway_route *route);
/* ours may be NULL. */
void gateway_state_add_saved(struct gateway_state *state, const char *path, const char *before,
                             const char *ours);
const struct gateway_saved *gateway_state_find(const struct gateway_state *state, const char *path);

#endif
