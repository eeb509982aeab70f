/* probe: would another user be allowed to? Asked of the kernel, in a process that has become that user,
 * because the answer depends on groups, ACLs, mounts and capabilities and not on the mode bits alone. */
#ifndef POSTERN_SYS_PROBE_H
#define POSTERN_SYS_PROBE_H

#include "base/buf.h"
#include "sys/privileges.h"

/* 0, or the errno of access(path, mode) for `who`. Without root everybody is asked as ourselves. */
int probe_access(const char *path, int mode, const struct identity *who);

/* What `act` returns (0, or an errno), done as `who`; what it adds to *error comes along. */
int probe_run(const struct identity *who, int (*act)(void *context, struct buf *error), void *context,
              struct buf *error);

#endif
