/* sandbox: what a process may still ask of the kernel, once it has opened all that it needs.
 *
 * Two fences, each of use without the other. Paths: Landlock; a kernel without it is no reason not to run,
 * and the parent says so once. System calls: a seccomp list of what is allowed, by libseccomp; what an event
 * loop, its channels, memory, the log and the exit need is in it already. No new executable mapping is
 * possible behind it. Calls that libraries try on the off-chance (open, socket, prctl ...) fail with EACCES
 * unless allowed; any other call ends the process. Where socket is allowed it is for streams and for asking
 * the kernel about addresses, never for raw packets. Both need no_new_privs, which privileges_drop sets.
 * landlock(7), seccomp(2).
 *
 * With a sanitizer in the program the second fence is not put up: its runtime maps, clones and traces at
 * will. */
#ifndef POSTERN_SYS_SANDBOX_H
#define POSTERN_SYS_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

enum sandbox_right {
    SANDBOX_READ = 1,  /* open files and list directories */
    SANDBOX_WRITE = 2, /* make, write, rename and remove files and directories */
    SANDBOX_EXECUTE = 4,
};

struct sandbox_path {
    const char *path; /* a directory and all below it, or a file */
    unsigned rights;
};

/* Landlock's version here; 0: there is none. */
int sandbox_landlock_version(void);

/* From now on only these paths (none: no path at all), and no TCP connect or bind where Landlock can do that
 * and `network` is false. Paths that do not exist are left out. False, and logged, if the kernel has Landlock
 * and refused. */
bool sandbox_restrict_paths(const struct sandbox_path *paths, size_t n, bool network)
    __attribute__((warn_unused_result));

/* From now on only these system calls (SCMP_SYS numbers of seccomp.h: a name that this processor does not
 * have, such as open on arm64, is left out) besides the ones that every process needs. False, and logged, if
 * refused. */
bool sandbox_restrict_calls(const int *calls, size_t n) __attribute__((warn_unused_result));

/* From now on pread of descriptors that are open, write to them, and the end by exit_group: a process that
 * computes one answer. Not even memory. Also on top of sandbox_restrict_calls, if that let prctl and seccomp
 * through. */
bool sandbox_restrict_to_computing(void) __attribute__((warn_unused_result));

/* Address space, in bytes; false with errno. Not with a sanitizer, which reserves terabytes. */
bool sandbox_limit_memory(size_t max_bytes) __attribute__((warn_unused_result));

/* A network namespace with nothing in it. False with errno: needs root. */
bool sandbox_leave_network(void);

#endif
