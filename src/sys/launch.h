/* launch: a child that executes another program, with a report of whether that succeeded.
 *
 * The child leads its own process group, dies with this process (PDEATHSIG), and has default signal handling.
 * It gets only the given descriptors, in order from 0 on, and no others: not even the standard ones.
 *
 * The call waits until the program runs, or until the reason of a failure is known: errno comes through a
 * pipe that a successful exec closes. This distinguishes a missing program from one that ends with an exit
 * status of its own. The standard descriptors of this process must be open (process_hold_standard), or the
 * given ones may be lost. */
#ifndef POSTERN_SYS_LAUNCH_H
#define POSTERN_SYS_LAUNCH_H

#include <stddef.h>
#include <sys/types.h>

enum { LAUNCH_FDS_MAX = 8 };

struct launch {
    const char *program;      /* its path; a name without a slash is looked up in PATH */
    char *const *argv;        /* NULL-terminated */
    char *const *environment; /* NULL-terminated; NULL: that of this process */
    const int *fds;           /* become 0, 1, 2 ...; remain open in the caller; one may be given twice */
    size_t fd_count;          /* at most LAUNCH_FDS_MAX */
};

struct launched {
    pid_t pid; /* reaped by the caller, which may kill the group -pid until then */
    int fd;    /* pidfd: readable when the process has ended; closed by the caller */
};

/* Returns 0 and sets *child; or returns an errno if the program could not be executed. */
int launch(const struct launch *launch, struct launched *child);

#endif
