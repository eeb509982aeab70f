/* worker: a process that scans one message at a time, in a sandbox that it enters before it reads a message.
 *
 * It keeps its standard descriptors, its channel to scan (descriptor 3), its own temporary directory
 * (Landlock), the system calls that libclamav needs (seccomp), and 2 GiB of address space beyond what it uses
 * at its start. It is killed when the loader exits, and exits when scan closes the channel. */
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
