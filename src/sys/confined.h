/* confined: the first steps of a forked child that parses hostile input.
 *
 * What such a child may do afterwards is limited by sys/sandbox. */
#ifndef POSTERN_SYS_CONFINED_H
#define POSTERN_SYS_CONFINED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { CONFINED_DESCRIPTORS_MAX = 3 };

/* Called in the child. Resets the signals, and makes the kernel kill the child when its parent dies. Moves
 * the given descriptors to the numbers 0 to n - 1, and closes all others. The child then has no standard
 * error, so it cannot forge log lines. False: a step failed, or the parent is dead. */
bool confined_begin(pid_t parent, const int *descriptors, size_t n) __attribute__((warn_unused_result));

#endif
