/* directory_refused: explains why a process cannot use a directory: its owner, and the remedy. */
#ifndef POSTERN_CMD_DIRECTORY_REFUSED_H
#define POSTERN_CMD_DIRECTORY_REFUSED_H

#include "conf/conf.h"
#include "sys/privileges.h"

/* `identity` was refused with `error`. Adds an error, with a command that solves the problem if there is one.
 */
void directory_refused(struct problems *problems, const char *what, const char *path,
                       const struct identity *identity, int error);

#endif
