/* run: executes a program without a shell, from the event loop, with limits for its time and output.
 *
 * Standard input of the program is /dev/null. Its standard output and error come back through one pipe. The
 * program can get one more descriptor, RUN_FD, which it can also open as /proc/self/fd/3. Every other
 * descriptor is closed. The program inherits the environment. It leads its own process group, and when it
 * ends, the group is killed. When this process dies, the program is killed, too (PDEATHSIG).
 *
 * run_new waits for the exec, but not for the program. The end of the program is reported from the event
 * loop, never from within run_new. */
#ifndef POSTERN_SYS_RUN_H
#define POSTERN_SYS_RUN_H

#include "base/span.h"

#include <event2/event.h>
#include <stdint.h>

enum { RUN_FD = 3 };

enum run_end {
    RUN_NOT_STARTED, /* code is an errno: fork, pipe or exec failed */
    RUN_EXITED,      /* code is the exit status */
    RUN_SIGNALED,    /* code is the signal that ended the program; it was not sent by this module */
    RUN_DEADLINE,    /* killed at the deadline */
    RUN_OUTPUT_MAX,  /* killed, if it still ran: it wrote more than output_max; output has the first bytes */
};

struct run_request {
    char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
    int fd;            /* becomes RUN_FD; the caller keeps it; -1: none */
    uint64_t deadline_ms;
    size_t output_max;
};

struct run_result {
    enum run_end end;
    int code;
    struct span output; /* valid until `done` returns */
};

struct run;

/* `done` is called exactly once, unless run_free is called before. `done` may call run_free. */
struct run *run_new(struct event_base *base, const struct run_request *request,
                    void (*done)(void *context, const struct run_result *result), void *context);
/* Kills the program as at its deadline. */
void run_stop(struct run *run);
/* Frees the run, and kills the program if it still runs. */
void run_free(struct run **run);

/* Returns the number of usable processors: the default number of workers. */
unsigned run_processors(void);

#endif
