/* scratch: a directory for the temporary files of a process and its children.
 *
 * Normally the directory is a tmpfs of limited size in a mount namespace of these processes. No other process
 * sees it, and it disappears when the last of them has ended. These processes also get network and IPC
 * namespaces of their own, so that they have no network. Without root this requires a user namespace, which
 * some systems do not allow. If the tmpfs is not possible, an ordinary directory is used. */
#ifndef POSTERN_SYS_SCRATCH_H
#define POSTERN_SYS_SCRATCH_H

#include "base/buf.h"
#include "sys/privileges.h"

#include <stdint.h>

/* Leaves the network and mounts the tmpfs on `directory`, for this process and its children only. `owner` may
 * write there. Must be called before privileges are dropped. On failure, logs a warning and returns false:
 * the process must use scratch_make_directory instead. */
bool scratch_mount(const char *directory, uint64_t max_bytes, const struct identity *owner);

/* Makes an ordinary directory for this process below `directory`, and writes its path into an empty buf.
 * While one process replaces another, each has such a directory. Those of dead processes are removed. Must be
 * called after privileges are dropped. False with errno. */
bool scratch_make_directory(struct buf *path, const char *directory);

#endif
