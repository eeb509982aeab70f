/* privileges: drops the privileges of a process for good, and verifies that they are gone.
 *
 * As root: supplementary groups, group and user ids, every capability set (bounding and ambient too). Always:
 * no new privileges, not dumpable (no core file with passwords in it, no ptrace by the same user), core
 * limit 0. Then the state that the kernel reports must be the intended one, and attempts to regain root must
 * fail. credentials(7), capabilities(7).
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

/* Finds a user's ids. False: there is no such user. */
bool privileges_find(const char *user, struct identity *identity);

/* Without root, `identity` must be the process's own. False, and logged, if a call failed or a privilege
 * remained: the caller must end the process. */
bool privileges_drop(const struct identity *identity, enum privileges_kept kept)
    __attribute__((warn_unused_result));

/* True if this process may change the packet filter, routes and sysctls. */
bool privileges_may_configure_network(void);

/* Until privileges_give_back, this process, if it is root, creates and accesses files with the rights of
 * `identity`. False with errno. */
bool privileges_borrow(const struct identity *identity) __attribute__((warn_unused_result));
void privileges_give_back(void);

/* The part of privileges_drop that exec undoes or that needs no identity: no new privileges, not dumpable,
 * core limit 0. False, and logged. */
bool privileges_lock_down(void) __attribute__((warn_unused_result));

/* Makes the kernel kill this process when its parent dies; if `parent` is no longer its parent, it ends here.
 * Call it after privileges_drop: a change of ids clears the signal. */
void privileges_set_parent_death_signal(pid_t parent);

/* Raises the soft limit of open descriptors, and the hard limit if that is necessary and allowed. Returns the
 * soft limit that is then in effect. */
unsigned privileges_raise_files(unsigned wanted);

#endif
