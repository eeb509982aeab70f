/* worker: a process that scans one message at a time, in a sandbox that it enters before the first message.
 *
 * In the sandbox it has its standard descriptors, its channel to the scan process (descriptor 3), and access
 * to its own temporary directory (Landlock). It can make the system calls that libclamav needs (seccomp), and
 * can take 2 GiB more address space than it uses at its start. It is killed when the loader exits. It exits
 * when the scan process closes the channel. */
#ifndef POSTERN_CLAMAV_WORKER_H
#define POSTERN_CLAMAV_WORKER_H

#include <clamav.h>
#include <sys/types.h>

struct worker_start {
    struct cl_engine *engine;
    const char *signatures; /* signature version, for the verdicts */
    const char *temp_directory;
    int channel;
    pid_t loader;
};

/* Runs in the forked child. Returns its exit status; EXIT_CONFIG: it could not set up the engine or the event
 * loop, or could not enter the sandbox. */
int worker_main(const struct worker_start *start);

/* The system calls that a worker's sandbox allows besides the common ones. The loader's sandbox must allow
 * them, too. */
enum { WORKER_CALLS_MAX = 64 };
extern const int worker_calls[];
extern const size_t worker_call_count;

#endif
