/* sandbox: limits what a process may ask of the kernel once it has opened all that it needs.
 *
 * Two independent restrictions. Paths: Landlock; a kernel without it is no reason not to run, and the parent
 * reports it once. System calls: a seccomp allow list, by libseccomp, that always includes the calls for an
 * event loop, its channels, memory, the log and the exit. No new executable mapping is possible. Calls that
 * libraries try and can do without (open, socket, prctl ...) fail with EACCES unless allowed; any other call
 * ends the process. If socket is allowed, then for streams and for address queries to the kernel, never for
 * raw packets. Both need no_new_privs, which privileges_drop sets. landlock(7), seccomp(2).
 *
 * In a build with a sanitizer system calls are not restricted: its runtime needs mmap, clone and ptrace at
 * any time. */
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
    const char *path; /* a directory with all below it, or a file */
    unsigned rights;
};

/* Landlock's version in this kernel; 0: none. */
int sandbox_landlock_version(void);

/* From now on only these paths (none: no path at all), and no TCP connect or bind if Landlock supports that
 * and `network` is false. Paths that do not exist are skipped. False, and logged, if the kernel has Landlock
 * and it failed. */
bool sandbox_restrict_paths(const struct sandbox_path *paths, size_t n, bool network)
    __attribute__((warn_unused_result));

/* From now on only these system calls (SCMP_SYS numbers of seccomp.h: a name that this processor does not
 * have, such as open on arm64, is skipped) in addition to those that every process needs. False, and logged,
 * on failure. */
bool sandbox_restrict_calls(const int *calls, size_t n) __attribute__((warn_unused_result));

/* From now on only pread of open descriptors, write to them, and exit_group: for a process that computes one
 * answer, without allocating memory. Can follow sandbox_restrict_calls if that allowed prctl and seccomp. */
bool sandbox_restrict_to_computing(void) __attribute__((warn_unused_result));

/* Limits the address space, in bytes; false with errno. Not with a sanitizer, which reserves terabytes. */
bool sandbox_limit_memory(size_t max_bytes) __attribute__((warn_unused_result));

/* Enters an empty network namespace. False with errno: needs root. */
bool sandbox_leave_network(void);

#endif
