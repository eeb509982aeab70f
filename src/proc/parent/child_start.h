/* child_start: from fork to a role's main. The new process keeps only its own descriptors, sets its name,
 * drops its privileges, checks that they are gone, and runs. */
#ifndef POSTERN_PROC_PARENT_CHILD_START_H
#define POSTERN_PROC_PARENT_CHILD_START_H

#include "proc/parent/parent.h"
#include "sys/privileges.h"

void child_run(const struct child_start *start, const struct parent_role *row, pid_t parent)
    __attribute__((noreturn));

/* The user that a role's processes run as: [postern] user; for the keeper [quarantine] user if set; without
 * root the current user. False: there is no such user. */
bool child_identity(const struct conf *conf, enum role role, struct identity *identity);

/* The privileges that a role's processes keep: relays CAP_NET_RAW if [upstream] needs it, all others none. */
enum privileges_kept child_kept(const struct conf *conf, enum role role);

/* Raises the limit of open files to what the configuration needs. Processes inherit it from the parent. */
void child_raise_limits(const struct conf *conf);

/* For a main that drops privileges itself. False: an error was logged, and the main must return
 * EXIT_CONFIG. */
bool child_drop(const struct child_start *start) __attribute__((warn_unused_result));

#endif
