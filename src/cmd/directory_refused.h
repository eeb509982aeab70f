/* directory_refused: reports why a user cannot use a directory, and the remedy. */
#ifndef POSTERN_CMD_DIRECTORY_REFUSED_H
#define POSTERN_CMD_DIRECTORY_REFUSED_H

#include "conf/conf.h"
#include "sys/privileges.h"

/* Adds an error for the errno `error`, if possible with a command that solves the problem. */
void directory_refused(struct problems *problems, const char *what, const char *path,
                       const struct identity *identity, int error);

#endif
