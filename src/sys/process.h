/* process: forks children that run Postern's own code; signals, titles and states of processes.
 *
 * A child of process_fork starts
 *
 *   - with default signal handling. Only SIGPIPE is ignored: a write to a closed connection returns an error
 *   - in its own process group. Ctrl-C on a terminal reaches only the parent; the parent stops the others in
 *     order
 *   - with /dev/null as standard input
 *   - with all descriptors of the parent, which it can close by process_keep_only. */
#ifndef POSTERN_SYS_PROCESS_H
#define POSTERN_SYS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* As fork. Blocked signals are unblocked in the child. */
pid_t process_fork(void);
/* Sets the signal handling of a child that was not forked by process_fork, as process_fork does. */
void process_reset_signals(void);

/* Closes all descriptors except the standard ones and those in `fds`. False: some others may still be
 * open. */
bool process_keep_only(const int *fds, size_t n);
/* If a standard descriptor is closed, opens /dev/null there, so that no other file gets its number. */
bool process_hold_standard(void);

/* process_title sets the name that ps and top show. It uses the memory of argv and of the environment.
 * process_title_init moves the environment elsewhere. Call it once, at the start of main. */
void process_title_init(int argc, char **argv);
void process_title(const char *name); /* "relay 0" shows as "postern: relay 0" */

struct process_end {
    pid_t pid;
    int status; /* exit status; -1: killed by `signal` */
    int signal;
};
/* Reaps a child that has ended, without waiting; false if there is none. */
bool process_reap(struct process_end *end);

/* Returns the state of a process, as in /proc/PID/stat (R, S, D, T ...), and sets *cpu_ms to the processor
 * time that the process has used. 0: unknown, and *cpu_ms is unchanged. proc(5). */
char process_state(pid_t pid, uint64_t *cpu_ms);

/* Blocks these signals and returns a descriptor, which is readable when one of them has arrived; -1 with
 * errno. process_fork unblocks them in the child. */
int process_signals_open(const int *signals, size_t n);
/* Returns the next signal that has arrived; 0: none. */
int process_signals_next(int fd);

uint64_t process_clock_ms(void); /* monotonic */

#endif
