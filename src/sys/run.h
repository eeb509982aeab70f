/* run: executes a program without a shell, from the event loop, with limits for its time and output.
 *
 * The program gets one descriptor besides its standard ones, RUN_FD, which it can open as /proc/self/fd/3;
 * standard input is /dev/null, standard output and error come back through one pipe. Every other descriptor
 * is closed. It leads its own process group, which is killed when the program ends. It is killed when this
 * process dies (PDEATHSIG). It inherits the environment.
 *
 * Does not block. The end is reported from the event loop, never from within run_new. */
#ifndef POSTERN_SYS_RUN_H
#define POSTERN_SYS_RUN_H

#include "base/span.h"

#include <event2/event.h>
#include <stdint.h>

enum { RUN_FD = 3 };

enum run_end {
    RUN_NOT_STARTED, /* code is an errno: fork, pipe or exec failed */
    RUN_EXITED,      /* code is the exit status */
    RUN_SIGNALED,    /* code is a signal, not sent by this module */
    RUN_DEADLINE,    /* killed at the deadline */
    RUN_OUTPUT_MAX,  /* killed: it wrote more than output_max; output has the first bytes */
};

struct run_request {
    char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
    int fd;            /* becomes RUN_FD; remains the caller's; -1: none */
    uint64_t deadline_ms;
    size_t output_max;
};

struct run_result {
    enum run_end end;
    int code;
    struct span output; /* valid during the call */
};

struct run;

/* `done` is called exactly once, unless run_free comes first; it may call run_free. */
struct run *run_new(struct event_base *base, const struct run_request *request,
                    void (*done)(void *context, const struct run_result *result), void *context);
/* Frees the run, and kills the program if it still runs. */
void run_free(struct run **run);

/* Returns the number of usable processors: the default number of workers. */
unsigned run_processors(void);

#endif
