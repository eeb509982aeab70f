/* worker: one process that looks at one message at a time, shut in before it sees the first.
 *
 * What is left to it: its channel to scan (descriptor 3), standard error, its own temporary directory
 * (Landlock), the system calls that libclamav needs (seccomp: any other kills it), 2 GB of memory above what
 * it shares with the loader. It dies with the loader, and ends when scan closes the channel. */
#ifndef POSTERN_CLAMAV_WORKER_H
#define POSTERN_CLAMAV_WORKER_H

#include <clamav.h>
#include <sys/types.h>

struct worker_start {
    struct cl_engine *engine;
    const char *signatures; /* their version, for the verdicts */
    const char *temp_directory;
    int channel;
    pid_t loader;
};

/* In the forked child; returns its exit status. EXIT_CONFIG: it could not be shut in. */
int worker_main(const struct worker_start *start);

/* The system calls its fence allows besides the common ones: the loader's must allow them too. */
enum { WORKER_CALLS_MAX = 64 };
extern const int worker_calls[];
extern const size_t worker_call_count;

#endif
