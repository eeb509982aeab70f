/* directory_refused: a directory that its process may not use: whose it is, and what to do. */
#ifndef POSTERN_CMD_DIRECTORY_REFUSED_H
#define POSTERN_CMD_DIRECTORY_REFUSED_H

#include "conf/conf.h"
#include "sys/privileges.h"

/* `who` was refused by `error`. Adds an error, with a command that cures it where there is one. */
void directory_refused(struct problems *problems, const char *what, const char *path,
                       const struct identity *who, int error);

#endif
