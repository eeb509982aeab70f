/* process: forks children that run Postern's own code; signals, titles and states of processes.
 *
 * A child starts with default signal handling (except SIGPIPE, which is ignored: a closed connection is an
 * error of the write), in its own process group (Ctrl-C on a terminal reaches the parent alone, which stops
 * the rest in order), with /dev/null as standard input, and with every descriptor of the parent until
 * process_keep_only. */
#ifndef POSTERN_SYS_PROCESS_H
#define POSTERN_SYS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* As fork. Blocked signals are unblocked in the child. */
pid_t process_fork(void);
/* Does for signals what process_fork does, in a child that was forked in another way. */
void process_reset_signals(void);

/* Closes all descriptors but the standard ones and these. False: some may still be open. */
bool process_keep_only(const int *fds, size_t n);
/* Opens /dev/null on standard descriptors that are closed, so that no other file gets their numbers. */
bool process_hold_standard(void);

/* Sets the name that ps and top show. Call process_title_init once, at the start of main: it moves the
 * environment, whose memory the title uses. */
void process_title_init(int argc, char **argv);
void process_title(const char *name); /* "relay 0" shows as "postern: relay 0" */

struct process_end {
    pid_t pid;
    int status; /* exit status; -1: killed by `signal` */
    int signal;
};
/* Reaps a child that has ended, without waiting; false if there is none. */
bool process_reap(struct process_end *end);

/* Returns the state of a process as in /proc/PID/stat (R, S, D, T ...; 0: unknown), and sets the processor
 * time that it has used. proc(5). */
char process_state(pid_t pid, uint64_t *cpu_ms);

/* Blocks these signals and returns a descriptor that is readable when one has arrived; -1 with errno.
 * process_fork unblocks them in the child. */
int process_signals_open(const int *signals, size_t n);
/* Returns the next signal that has arrived; 0: none. */
int process_signals_next(int fd);

uint64_t process_clock_ms(void); /* monotonic */

#endif
