/* privileges: drops the privileges of a process for good, and verifies that they are gone.
 *
 * As root, a process takes the user and group ids of another user, without supplementary groups, and empties
 * the capability bounding set. Always, it empties all other capability sets and sets: no new privileges, not
 * dumpable (no core file with passwords in it, no ptrace by the same user), core limit 0. Then the state that
 * the kernel reports must be the intended one, and attempts to regain root must fail. credentials(7),
 * capabilities(7).
 *
 * Some processes may keep one capability. A relay whose sockets need a mark or the client's address keeps
 * CAP_NET_RAW, as permitted and effective only. `gateway watch`, which changes the packet filter by nft(8),
 * keeps CAP_NET_ADMIN in every set, because nft must inherit it. That no other capability remains is
 * verified, too. */
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

/* Without root, `identity` must be the process's own. False, and logged, if a call failed or a privilege
 * remained: the caller must end the process. */
bool privileges_drop(const struct identity *identity, enum privileges_kept kept)
    __attribute__((warn_unused_result));

/* True if this process may change the packet filter, routes and sysctls. */
bool privileges_may_configure_network(void);

/* Until privileges_give_back, this process, if it is root, creates and accesses files as this user and group;
 * its supplementary groups remain. False with errno. */
bool privileges_borrow(const struct identity *identity) __attribute__((warn_unused_result));
/* Restores the identity of this process; aborts it if that fails. */
void privileges_give_back(void);

/* The part of privileges_drop that needs no identity: no new privileges, not dumpable, core limit 0. To be
 * repeated after exec, which makes the process dumpable again. False, and logged, on failure. */
bool privileges_lock_down(void) __attribute__((warn_unused_result));

/* Makes the kernel kill this process when its parent dies; if `parent` is no longer its parent, ends the
 * process at once. To be called after privileges_drop, if that is called at all, since a change of ids clears
 * the signal. */
void privileges_set_parent_death_signal(pid_t parent);

/* Raises the soft limit of open descriptors, and the hard limit if that is necessary and allowed. Returns the
 * soft limit that is then in effect; 0: unknown. */
unsigned privileges_raise_files(unsigned wanted);

#endif
