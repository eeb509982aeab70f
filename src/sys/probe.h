/* probe: tries an operation as another user, in a child that has become that user, because the result depends
 * on groups, ACLs, mounts and capabilities and not on the mode bits alone. */
#ifndef POSTERN_SYS_PROBE_H
#define POSTERN_SYS_PROBE_H

#include "base/buf.h"
#include "sys/privileges.h"

/* Returns 0, or the errno of access(path, mode) for `identity`; without root, for the current user. Other
 * errors: fork's errno, and EPERM if the child failed. */
int probe_access(const char *path, int mode, const struct identity *identity);

/* Runs `act` as `identity` and returns its result: 0 or an errno. The text that `act` adds to *error is
 * passed on. Without root, `act` runs in this process, as the current user. Other errors: pipe2's errno, and
 * EPERM if no child could be forked or it failed. */
int probe_run(const struct identity *identity, int (*act)(void *context, struct buf *error), void *context,
              struct buf *error);

#endif
