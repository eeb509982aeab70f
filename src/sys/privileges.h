/* privileges: drops the privileges of a process for good, and verifies that they are gone.
 *
 * As root: supplementary groups, group and user ids, every capability set (bounding and ambient too). Always:
 * no new privileges, not dumpable (no core file with passwords in it, no ptrace by the same user), no core
 * limit. The state that the kernel then reports is compared with the intended one, and an attempt to regain
 * root must fail. credentials(7), capabilities(7).
 *
 * Some processes may keep one capability. A relay with sockets that must carry a mark or a foreign address
 * keeps CAP_NET_RAW, as permitted and effective only. The gateway's watch, which has nft(8) change the packet
 * filter, keeps CAP_NET_ADMIN in every set, because the program that it executes must inherit it. Exactly
 * that is verified. */
#ifndef POSTERN_SYS_PRIVILEGES_H
#define POSTERN_SYS_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

struct identity {
    uid_t uid;
    gid_t gid;
};

enum privileges_kept { PRIVILEGES_NONE, PRIVILEGES_NET_RAW, PRIVILEGES_NET_ADMIN };

/* False: there is no such user. */
bool privileges_find(const char *user, struct identity *identity);

/* Without root, `identity` must be the process's own. False, and logged, if a call failed or a privilege
 * remained: the caller must end the process. */
bool privileges_drop(const struct identity *identity, enum privileges_kept kept)
    __attribute__((warn_unused_result));

/* True if this process may change packet filter, routes and sysctls. */
bool privileges_may_configure_network(void);

/* For one piece of work as root: files are created and accessed with the rights of that identity. Without
 * root it does nothing. False with errno. */
bool privileges_borrow(const struct identity *identity) __attribute__((warn_unused_result));
void privileges_give_back(void);

/* The part of privileges_drop that exec undoes or that needs no identity: no new privileges, not dumpable, no
 * core. False, and logged. */
bool privileges_lock_down(void) __attribute__((warn_unused_result));

/* SIGKILL when the parent dies. `parent` is its pid; if it is gone already, this process ends here. Call it
 * after privileges_drop: a change of ids clears it. */
void privileges_die_with(pid_t parent);

/* Raises the soft limit of open descriptors, and the hard limit if needed and allowed. Returns the limit now
 * in effect. */
unsigned privileges_raise_files(unsigned wanted);

#endif
