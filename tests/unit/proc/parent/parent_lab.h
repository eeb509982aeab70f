/* parent_lab: the parent as a process with the real machinery, but with small main functions of its own
 * (parent_actor.c), which report their observations through a pipe to the test (parent_lab.c). */
#ifndef POSTERN_TESTS_PARENT_LAB_H
#define POSTERN_TESTS_PARENT_LAB_H

#include "proc/parent/parent.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { RELAYS = 2, PROCESSES = RELAYS + 4, CHANNELS = RELAYS * 3 + 1 };

/* A [scan] deadline of so many milliseconds that scan cannot run with it. */
enum { UNUSABLE_DEADLINE_MS = 1 };

/* A second protocol, whose listener has two addresses. */
enum { OTHER_PROTOCOL = PROTOCOL_POP3 + 1 };

enum happening { STARTED, PEER, ANSWERED, STOPPED, RETIRED, LOADED };

struct note {
    enum happening what;
    enum role role, peer;
    unsigned index;
    pid_t pid;
    uid_t uid;
    unsigned descriptors, listeners;
    unsigned protocols[PROTOCOLS_MAX]; /* number of listeners of each protocol */
};

/* Failures of the next parent; set before start_parent, reset by end_parent. */
struct lab_settings {
    enum role hopeless; /* processes of this role exit at once with hopeless_status; ROLE_COUNT: none */
    int hopeless_status;
    enum signature_reload reload_mode;
    unsigned first_load; /* number of the first reload: see load in parent_lab.c */
};

/* What the processes have reported. */
struct seen {
    pid_t pids[ROLE_COUNT][RELAYS];
    unsigned started, peers, answers, stopped, retired, loaded;
    struct note last;
};

extern struct lab_settings lab_settings;
extern struct seen seen;
extern pid_t parent_pid; /* 0: it has ended and was reaped */
extern const struct parent_role actor_roles[ROLE_COUNT];

/* Writes a note to standard output, the only descriptor that the parent leaves to its children, in one
 * piece. */
void note_write(const struct note *note);
/* Returns false when all processes have ended. */
bool note_next(struct note *note);

int start_parent(void **state);
/* Ends the parent, also after a test that failed half-way. */
int end_parent(void **state);
/* Stops the parent by SIGTERM; returns its exit status. */
int stop_parent(void);
/* Waits for the end of the parent, which must have a reason to end. Returns the exit status. */
int await_end_of_parent(void);

/* Reads and counts one note. */
void read_note(void);
/* Forgets earlier notes, and reads until every process has started and has channels to its peers, and the
 * keeper has answered the relays. */
void await_all_up(void);

#endif
