/* descriptors: closes ranges of descriptors, or marks them close-on-exec, on old kernels too.
 *
 * close_range(2) does it in one call since Linux 5.9, its flag CLOSE_RANGE_CLOEXEC since 5.11. Without them,
 * the open descriptors are read from /proc/self/fd; if that is not readable, each number up to RLIMIT_NOFILE
 * is tried. Only for processes with one thread, such as a child between fork and exec. */
#ifndef POSTERN_SYS_DESCRIPTORS_H
#define POSTERN_SYS_DESCRIPTORS_H

#include <stdbool.h>

enum { DESCRIPTORS_LAST = -1 }; /* as `last`: no upper end */

/* Closes the descriptors from `first` to `last`, inclusive. False: some may still be open; errno may be 0. */
bool descriptors_close(int first, int last) __attribute__((warn_unused_result));
/* Marks such a range close-on-exec. False: some may be unmarked; errno may be 0. */
bool descriptors_close_on_exec(int first, int last) __attribute__((warn_unused_result));

#endif
