/* probe: would another user be allowed to? Asked of the kernel, in a process that has become that user,
 * because the answer depends on groups, ACLs, mounts and capabilities and not on the mode bits alone. */
#ifndef POSTERN_SYS_PROBE_H
#define POSTERN_SYS_PROBE_H

#include "sys/privileges.h"

/* 0, or the errno of access(path, mode) for `who`. Without root everybody is asked as ourselves. */
int probe_access(const char *path, int mode, const struct identity *who);

#endif
