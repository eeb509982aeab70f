/* privileges: giving up what a process may do, for good, and checking that it is gone.
 *
 * As root: supplementary groups, group and user ids, every capability set (bounding and ambient too). Always:
 * no new privileges, not dumpable (no core file with passwords in it, no ptrace by the same user), no core
 * limit. What the kernel then reports is compared with what was wanted, and taking root back is tried and
 * must fail. credentials(7), capabilities(7).
 *
 * Some processes may keep one capability. A relay whose sockets have to bear a mark or a foreign address:
 * CAP_NET_RAW, as permitted and effective and nowhere else. The gateway's watch, which has nft(8) change the
 * packet filter: CAP_NET_ADMIN, in every set, because it must go on to the program that is executed. The
 * check is for exactly that. */
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

/* Without root nothing but the process's own identity can be had, and `identity` must be it. False, and
 * logged, if anything was refused or is still there: the caller ends the process. */
bool privileges_drop(const struct identity *identity, enum privileges_kept kept)
    __attribute__((warn_unused_result));

/* Has this process what it takes to change packet filter, routes and the kernel's settings? */
bool privileges_may_configure_network(void);

/* For one piece of a root's work: makes files as that identity would, and may do to files no more than it
 * may. Without root nothing happens. False with errno. */
bool privileges_borrow(const struct identity *identity) __attribute__((warn_unused_result));
void privileges_give_back(void);

/* The part of it that exec undoes or that needs no identity: no new privileges, not dumpable, no core. False,
 * and logged. */
bool privileges_lock_down(void) __attribute__((warn_unused_result));

/* SIGKILL when the parent dies; the parent is `parent`, and if it is gone already, this process ends here.
 * After privileges_drop: a change of ids takes it off. */
void privileges_die_with(pid_t parent);

/* Soft limit of open descriptors, and the hard one if need be and allowed. Returns what there is now. */
unsigned privileges_raise_files(unsigned wanted);

#endif
