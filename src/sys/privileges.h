/* privileges: drops the privileges of a process for good, and verifies that they are gone.
 *
 * If the process is root, it takes the user and group ids of another user, leaves all supplementary groups,
 * and empties the capability bounding set. Every process empties its other capability sets, gives up the
 * right to gain new privileges, and sets its core limit to 0. It also becomes not dumpable: there is no core
 * file with passwords in it, and no ptrace by the same user. In the end the kernel must report the intended
 * state, and an attempt to become root must fail. credentials(7), capabilities(7).
 *
 * Some processes keep one capability. A relay whose sockets need a mark or the client's address keeps
 * CAP_NET_RAW in the permitted and the effective set. `gateway watch` keeps CAP_NET_ADMIN in every set,
 * because it changes the packet filter by nft(8), which must inherit the capability. */
#ifndef POSTERN_SYS_PRIVILEGES_H
#define POSTERN_SYS_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

struct identity {
    uid_t uid;
    gid_t gid;
};

enum privileges_kept { PRIVILEGES_NONE, PRIVILEGES_NET_RAW, PRIVILEGES_NET_ADMIN };

/* Finds a user's ids. False: there is no such user, or the look-up failed. */
bool privileges_find(const char *user, struct identity *identity);

/* Without root, `identity` must be the process's own. Logs the reason and returns false if `identity` is
 * root, a call has failed, or a privilege remains. The caller must then end the process. */
bool privileges_drop(const struct identity *identity, enum privileges_kept kept)
    __attribute__((warn_unused_result));

/* True if this process may change the packet filter, routes and sysctls. */
bool privileges_may_configure_network(void);

/* If this process is root, it creates and accesses files as this user and group until it calls
 * privileges_give_back. Its supplementary groups remain. False with errno. */
bool privileges_borrow(const struct identity *identity) __attribute__((warn_unused_result));
/* Restores the identity of this process. If that fails, aborts the process. */
void privileges_give_back(void);

/* The part of privileges_drop that needs no identity: no new privileges, not dumpable, core limit 0. Must be
 * called again after exec, which makes the process dumpable again. On failure, logs the reason and returns
 * false. */
bool privileges_lock_down(void) __attribute__((warn_unused_result));

/* Makes the kernel kill this process when its parent dies. If `parent` is no longer the parent, ends the
 * process at once. A process that also calls privileges_drop must call that first, because a change of ids
 * clears the signal. */
void privileges_set_parent_death_signal(pid_t parent);

/* Raises the soft limit of open descriptors to `wanted`. If necessary, and if the kernel allows it, raises
 * the hard limit, too. Returns the soft limit that is then in effect; 0: unknown. */
unsigned privileges_raise_files(unsigned wanted);

#endif
