/* scratch: a directory for a process's temporary files that no other process sees and that is removed with
 * it.
 *
 * A tmpfs of limited size in a mount namespace of the process's own, which has no network either. As root
 * this takes an unshare; without root a user namespace gives the right, if the system allows them to its
 * users. */
#ifndef POSTERN_SYS_SCRATCH_H
#define POSTERN_SYS_SCRATCH_H

#include "base/buf.h"
#include "sys/privileges.h"

#include <stdint.h>

/* Leaves the network and mounts the tmpfs on `directory`, for this process and its children only; `owner` may
 * write there. Called before privileges are dropped. False, and logged as a warning: use
 * scratch_make_directory instead. */
bool scratch_mount(const char *directory, uint64_t max_bytes, const struct identity *owner);

/* Makes an ordinary directory below `directory` for this process: there may be several while one process
 * replaces another. Directories of dead processes are removed. Its path goes into an empty buf. Called after
 * privileges are dropped. False with errno. */
bool scratch_make_directory(struct buf *path, const char *directory);

#endif
