/* launch: a child that becomes another program, and whether it did.
 *
 * The child leads its own process group, dies with us (PDEATHSIG), and has signals as the system has them. Of
 * our descriptors it has those it is given, in order from 0 on, and no other: not even a standard one.
 *
 * The call waits until the program runs, or until it is known why it does not: errno comes through a pipe
 * that a successful exec closes. So a program that is not there is told apart from one that ends with a
 * status of its own, and the caller knows before it waits for anything. Our standard descriptors are open
 * (process_hold_standard), or what is given may be lost. */
#ifndef POSTERN_SYS_LAUNCH_H
#define POSTERN_SYS_LAUNCH_H

#include <stddef.h>
#include <sys/types.h>

enum { LAUNCH_FDS_MAX = 8 };

struct launch {
    const char *program;      /* its path; a name without a slash is looked for in our PATH */
    char *const *argv;        /* NULL-terminated */
    char *const *environment; /* NULL-terminated; NULL: ours */
    const int *fds;           /* become 0, 1, 2 ...; stay the caller's, and one may stand there twice */
    size_t fd_count;          /* at most LAUNCH_FDS_MAX */
};

struct launched {
    pid_t pid; /* to be reaped by the caller, who may kill all of -pid until then */
    int fd;    /* of the process: readable when it has ended; to be closed */
};

/* Zero and the child, or an errno and none: it could not be forked or did not become the program. */
int launch(const struct launch *launch, struct launched *child);

#endif
