/* child_start: the steps of a new process between fork and the main function of its role. The process sets
 * its name, closes the descriptors that were not passed to it, drops its privileges, and checks that they are
 * gone. */
#ifndef POSTERN_PROC_PARENT_CHILD_START_H
#define POSTERN_PROC_PARENT_CHILD_START_H

#include "proc/parent/parent.h"
#include "sys/privileges.h"

void child_run(const struct child_start *start, const struct parent_role *row, pid_t parent)
    __attribute__((noreturn));

/* Sets *identity to the user that the processes of a role run as. Without root, that is the current user.
 * Otherwise it is [postern] user; for the keeper [quarantine] user, if that is set. Returns false if there is
 * no such user. */
bool child_identity(const struct conf *conf, enum role role, struct identity *identity);

/* Returns what the processes of a role keep: CAP_NET_RAW for relays if [upstream] source or mark needs it,
 * otherwise nothing. */
enum privileges_kept child_kept(const struct conf *conf, enum role role);

/* Raises the limit of open files to what the configuration needs, or as far as possible. Processes that are
 * forked later inherit the limit. */
void child_raise_limits(const struct conf *conf);

/* Drops privileges, for a main function that must do so itself. Returns false, and logs the error, if that
 * fails. The main function must then return EXIT_CONFIG. */
bool child_drop(const struct child_start *start) __attribute__((warn_unused_result));

#endif
