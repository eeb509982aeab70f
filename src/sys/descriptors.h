/* descriptors: closes ranges of descriptors, or marks them close-on-exec, also on old kernels.
 *
 * close_range(2) closes a range in one call since Linux 5.9, and marks it since 5.11 (CLOSE_RANGE_CLOEXEC).
 * On older kernels the open descriptors are listed from /proc/self/fd. If that fails, each number below the
 * hard limit of RLIMIT_NOFILE is tried. These functions are only for processes with one thread, such as a
 * child between fork and exec. */
#ifndef POSTERN_SYS_DESCRIPTORS_H
#define POSTERN_SYS_DESCRIPTORS_H

#include <stdbool.h>

enum { DESCRIPTORS_LAST = -1 }; /* as `last`: no upper end */

/* Closes the descriptors from `first` to `last`, inclusive. False: some may still be open; errno may be 0. */
bool descriptors_close(int first, int last) __attribute__((warn_unused_result));
/* Marks such a range close-on-exec. False: some may be unmarked; errno may be 0. */
bool descriptors_close_on_exec(int first, int last) __attribute__((warn_unused_result));

#endif
