/* child_start: from fork to a role's main. The new process keeps only the descriptors that are its own, takes
 * a name, gives up its privileges, checks that they are gone, and runs. */
#ifndef POSTERN_PROC_PARENT_CHILD_START_H
#define POSTERN_PROC_PARENT_CHILD_START_H

#include "proc/parent/parent.h"
#include "sys/privileges.h"

void child_run(const struct child_start *start, const struct parent_role *row, pid_t parent)
    __attribute__((noreturn));

/* Who a role's processes run as: [postern] user, for the keeper [quarantine] user if set; without root
 * whoever we are. False: there is no such user. */
bool child_identity(const struct conf *conf, enum role role, struct identity *identity);

/* What they keep of root: relays CAP_NET_RAW if [upstream] asks for what needs it, all others nothing. */
enum privileges_kept child_kept(const struct conf *conf, enum role role);

/* The limits of descriptors that the configuration needs; processes inherit them from the parent. */
void child_raise_limits(const struct conf *conf);

/* For a main that drops privileges itself. False, and logged: it must end with EXIT_CONFIG. */
bool child_drop(const struct child_start *start) __attribute__((warn_unused_result));

#endif
