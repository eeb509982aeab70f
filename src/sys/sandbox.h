/* sandbox: limits what a process may ask of the kernel once it has opened all that it needs.
 *
 * There are two independent restrictions. Paths are restricted by Landlock. On a kernel without Landlock the
 * process runs without this restriction, and the parent reports that once. System calls are restricted by a
 * seccomp allow list (libseccomp), which always includes the calls for an event loop, its channels, memory,
 * the log and the exit. No new executable mapping is possible. Calls that libraries try and can do without
 * (open, socket, prctl ...) fail with EACCES unless they are allowed; any other call ends the process. If
 * socket is allowed, it can open stream sockets and netlink sockets for address queries, but no raw sockets.
 * Both restrictions require no_new_privs, which privileges_drop sets. landlock(7), seccomp(2).
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

/* Returns Landlock's version in this kernel; 0: none. */
int sandbox_landlock_version(void);

/* From now on allows only these paths; with n = 0, no path at all. If `network` is false, also forbids TCP
 * connect and bind, as far as Landlock supports that. Paths that do not exist or cannot be reached are
 * skipped. If the kernel has Landlock and a call fails, logs the reason and returns false. */
bool sandbox_restrict_paths(const struct sandbox_path *paths, size_t n, bool network)
    __attribute__((warn_unused_result));

/* Allows only these system calls from now on, besides those that every process needs. They are given as
 * SCMP_SYS numbers of seccomp.h. A call that this processor does not have, such as open on arm64, is skipped.
 * On failure, logs the reason and returns false. */
bool sandbox_restrict_calls(const int *calls, size_t n) __attribute__((warn_unused_result));

enum sandbox_computing {
    SANDBOX_ALLOCATE = 1,      /* the calls that malloc(3) needs, and those that map a file */
    SANDBOX_TAKE_REQUESTS = 2, /* the calls that net/channel needs */
};

/* For a process that computes answers: from now on allows only pread, write, exit_group, and what `more` (a
 * set of enum sandbox_computing) adds. Can follow a call of sandbox_restrict_calls that has allowed prctl and
 * seccomp. False: the filter could not be loaded. Nothing is logged. */
bool sandbox_restrict_to_computing(unsigned more) __attribute__((warn_unused_result));

/* Limits the address space, in bytes. False with errno. With a sanitizer, which reserves terabytes, there is
 * no limit. */
bool sandbox_limit_memory(size_t max_bytes) __attribute__((warn_unused_result));

/* Enters an empty network namespace and an empty IPC namespace, which requires root. False with errno. */
bool sandbox_leave_network(void);

#endif
