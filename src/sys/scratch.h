/* scratch: where a process may put temporary files that nobody else sees and that go with it, however it
 * ends.
 *
 * A tmpfs of bounded size in a mount namespace of the process's own, which has no network either. As root
 * that is a matter of unshare; without root a user namespace gives the right, where the system lets its users
 * have one. */
#ifndef POSTERN_SYS_SCRATCH_H
#define POSTERN_SYS_SCRATCH_H

#include "base/buf.h"
#include "sys/privileges.h"

#include <stdint.h>

/* Leaves the network and mounts the tmpfs over `directory`, for this process and its children only; `owner`
 * may write there. Before privileges are dropped. False, and logged as a warning: scratch_make_directory is
 * the second best. */
bool scratch_mount(const char *directory, uint64_t max_bytes, const struct identity *owner);

/* An ordinary directory below `directory`, of this process alone: others may be there at the same time, while
 * one takes over from the other. What dead ones have left is removed. Its path goes into an empty buf. After
 * privileges are dropped. False with errno. */
bool scratch_make_directory(struct buf *path, const char *directory);

#endif
