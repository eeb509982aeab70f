/* launch: forks a child that executes another program, and reports whether the exec succeeded.
 *
 * The child leads its own process group, and has default signal handling. It is killed when this process dies
 * (PDEATHSIG). It gets only the given descriptors, which become 0, 1, 2 ... It does not even inherit the
 * standard ones.
 *
 * The call waits until the program runs or the exec has failed. If the exec fails, the child sends errno
 * through a pipe; a successful exec closes the pipe. So the caller can distinguish a missing program from one
 * that ends with an exit status of its own. The standard descriptors of this process must be open
 * (process_hold_standard). Otherwise a given descriptor may have the number 0, which process_fork replaces by
 * /dev/null. */
#ifndef POSTERN_SYS_LAUNCH_H
#define POSTERN_SYS_LAUNCH_H

#include <stddef.h>
#include <sys/types.h>

enum { LAUNCH_FDS_MAX = 8 };

struct launch {
    const char *program;      /* its path; a name without a slash is looked up in PATH */
    char *const *argv;        /* NULL-terminated */
    char *const *environment; /* NULL-terminated; NULL: that of this process */
    const int *fds;           /* become 0, 1, 2 ...; the caller keeps them; the same one may be given twice */
    size_t fd_count;          /* at most LAUNCH_FDS_MAX */
};

struct launched {
    pid_t pid; /* the caller must reap it, and may kill the group -pid until then */
    int fd;    /* pidfd, readable when the process has ended; the caller must close it */
};

/* Returns 0 and sets *child. If the program could not be executed, returns an errno. */
int launch(const struct launch *launch, struct launched *child);

#endif
