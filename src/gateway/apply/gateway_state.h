/* gateway_state: the journal of `postern gateway apply`: what was changed, and the state before.
 *
 * The journal is a JSON file in the runtime directory. It is written before the first change (is_complete:
 * false), with everything that will be changed, and again after the last change. After a crash in between, or
 * if a failed apply cannot be undone, it may list more than was done, but never less. The next apply or
 * remove uses it to clean up. Rules and routes that existed before the first apply belong to others, and are
 * left out. Settings are listed even if apply did not change them.
 *
 * A journal is ignored if it is of an earlier boot, if it is not owned by root, or if other users can write
 * it. (A process that may not change the kernel also accepts a file of its own user.) Each journal names its
 * network namespace. Several namespaces may share the runtime directory, for example with `ip netns exec`. If
 * gateway.json belongs to another namespace, ours is gateway-NAMESPACE.json, and gateway.json is not
 * changed. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_STATE_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_STATE_H

#include "gateway/plan/gateway_plan.h"

/* How long commands wait for the lock. The watch holds the lock only briefly
 * (gateway/apply/gateway_repair). */
enum { GATEWAY_PATIENCE_MS = 2000 };

#define GATEWAY_STATE_FILE "gateway.json"

struct gateway_saved {
    char *path;   /* below /proc/sys/ */
    char *before; /* the value before apply */
    char *ours;   /* the value after apply; NULL: not known yet, because it depends on another setting */
};

struct gateway_state {
    bool exists, is_complete;
    size_t rule_count, route_count, saved_count;
    struct gateway_rule *rules;   /* `why` is not set */
    struct gateway_route *routes; /* `why` is not set */
    struct gateway_saved *saved;  /* in the order in which they are restored */
    struct buf table;             /* statements for `nft -f`: the nftables table as it was installed */
};

/* Opens the journal's directory, and creates it if it is missing (mode 0755). -1 with *error. */
int gateway_state_directory(const char *directory, struct buf *error);
/* Reads the journal. If there is none, or it is ignored, returns true with `exists` false. Returns false with
 * *error if the file cannot be read or parsed. */
bool gateway_state_load(const char *directory, struct gateway_state *state, struct buf *error);
bool gateway_state_save(const char *directory, const struct gateway_state *state, struct buf *error);
bool gateway_state_forget(const char *directory, struct buf *error);
/* Takes the lock that a process needs to change the kernel. Closing the returned descriptor releases the
 * lock. Creates the directory if it is missing. -1 with *error: the directory cannot be created or opened, or
 * another process held the lock for all of patience_ms. */
int gateway_state_lock(const char *directory, uint64_t patience_ms, struct buf *error);
void gateway_state_fini(struct gateway_state *state);

/* Adds the rule unless the state has it. */
void gateway_state_add_rule(struct gateway_state *state, const struct gateway_rule *rule);
void gateway_state_add_route(struct gateway_state *state, const struct gateway_route *route);
/* Adds the setting unless the state has it. `ours` may be NULL. */
void gateway_state_add_saved(struct gateway_state *state, const char *path, const char *before,
                             const char *ours);
const struct gateway_saved *gateway_state_find(const struct gateway_state *state, const char *path);

#endif
