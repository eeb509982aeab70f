/* probe: tries an operation as another user, in a child that takes the identity of that user. The mode bits
 * of a file are not enough to predict the result: it also depends on groups, ACLs, mounts and
 * capabilities. */
#ifndef POSTERN_SYS_PROBE_H
#define POSTERN_SYS_PROBE_H

#include "base/buf.h"
#include "sys/privileges.h"

/* Returns 0, or the errno of access(path, mode) for `identity`; without root, for the current user. Returns
 * fork's errno if fork fails, and EPERM if the child fails. */
int probe_access(const char *path, int mode, const struct identity *identity);

/* Runs `act` as `identity` and returns its result: 0 or an errno. Appends the text that `act` adds to *error,
 * at most PIPE_BUF bytes. Without root, `act` runs in this process, as the current user. Returns pipe2's
 * errno if pipe2 fails, and EPERM or EIO if the child fails or cannot be forked. */
int probe_run(const struct identity *identity, int (*act)(void *context, struct buf *error), void *context,
              struct buf *error);

#endif
