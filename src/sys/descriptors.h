/* descriptors: closing whole ranges of descriptors, on each kernel that Postern runs on.
 *
 * close_range(2) does it in one call since Linux 5.9, its flag CLOSE_RANGE_CLOEXEC since 5.11. Without them,
 * the open descriptors are looked up in /proc/self/fd; where that cannot be read, each number up to
 * RLIMIT_NOFILE is tried. Meant for a child between fork and exec, and for a process that has one thread. */
#ifndef POSTERN_SYS_DESCRIPTORS_H
#define POSTERN_SYS_DESCRIPTORS_H

#include <stdbool.h>

enum { DESCRIPTORS_LAST = -1 }; /* as `last`: however many there are */

/* Closes the descriptors from `first` to `last`, both included. False with errno: some may still be open. */
bool descriptors_close(int first, int last) __attribute__((warn_unused_result));
/* The same range is closed by the next exec. */
bool descriptors_close_on_exec(int first, int last) __attribute__((warn_unused_result));

#endif
