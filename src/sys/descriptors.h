/* descriptors: closes ranges of descriptors, on old kernels too.
 *
 * close_range(2) does it in one call since Linux 5.9, its flag CLOSE_RANGE_CLOEXEC since 5.11. Without them,
 * the open descriptors are read from /proc/self/fd; if that is not readable, each number up to RLIMIT_NOFILE
 * is tried. For a child between fork and exec, and for a process with one thread. */
#ifndef POSTERN_SYS_DESCRIPTORS_H
#define POSTERN_SYS_DESCRIPTORS_H

#include <stdbool.h>

enum { DESCRIPTORS_LAST = -1 }; /* as `last`: no upper end */

/* Closes the descriptors from `first` to `last`, inclusive. False with errno: some may still be open. */
bool descriptors_close(int first, int last) __attribute__((warn_unused_result));
/* Marks the same range close-on-exec. */
bool descriptors_close_on_exec(int first, int last) __attribute__((warn_unused_result));

#endif
