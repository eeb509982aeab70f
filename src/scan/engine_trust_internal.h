/* engine_trust_internal: declarations shared by engine_trust.c (the wrapper as an engine), engine_doubt.c
 * (the verdicts of the wrapped engine) and engine_trust_run.c (the self test). Each file calls only functions
 * of those named after it. */
#ifndef POSTERN_SCAN_ENGINE_TRUST_INTERNAL_H
#define POSTERN_SCAN_ENGINE_TRUST_INTERNAL_H

#include "scan/give_up.h"
#include "scan/engine_trust.h"
#include "sys/message_hash.h"

#include <sys/queue.h>

enum trial_state {
    TRIAL_RUNNING,  /* the engine is scanning the message */
    TRIAL_DOUBTFUL, /* the verdict waits for the end of a test: .decided_by */
    TRIAL_HASHING,  /* a healthy engine has failed: the message is hashed, to count its failures */
    TRIAL_SETTLED,  /* the verdict is delivered in the next iteration of the event loop */
};

/* A message that the wrapper has accepted. */
struct trial {
    struct engine_job job; /* first member, so that the job's address is also the trial's */
    TAILQ_ENTRY(trial) link;
    struct engine_trust *trust;
    struct engine_job *caller_job; /* the job of which `job` is a copy */
    enum trial_state state;
    uint64_t began_ms;
    struct verdict verdict;
    uint64_t decided_by;
    struct message_hash *hash;
};

struct engine_trust {
    struct engine engine;
    struct engine *inner;
    struct event_base *base;
    struct engine_trust_settings settings;
    enum engine_proof proof;
    bool is_tried;
    char failure[ENGINE_FAILURE_SIZE];
    uint64_t answered_ms; /* when the engine last gave an answer, neither failed nor late; at first: when the
                             wrapper was made */
    /* The test. */
    struct engine_job test_job;
    uint64_t run; /* number of the current or last test */
    size_t step;
    bool is_testing;
    bool is_step_running; /* the engine has been given the current step */
    bool is_restart_due;  /* when the current step ends, the test begins again */
    uint64_t step_ms;     /* when the current step was last offered to the engine */
    uint64_t ended_ms;    /* when the last test ended */
    uint64_t pause_ms;    /* after the last failed test */
    struct event *next_test;
    void (*run_ended)(struct engine_trust *trust, bool is_passed);
    /* The messages. */
    TAILQ_HEAD(, trial) trials;
    struct event *watch, *settle;
    struct give_up give_up;
};

/* engine_trust_run.c */
uint64_t engine_trust_now_ms(void);
struct timeval engine_trust_interval(uint64_t ms);
/* Starts a test unless one is running. */
void engine_trust_begin(struct engine_trust *trust);
/* Gives the engine the current step of the test; after the last step, the test has been passed. If no slot is
 * free, the step is given again when a slot becomes free, and after deadline_ms. If the engine is not ready
 * after deadline_ms, the test has failed. */
void engine_trust_step(struct engine_trust *trust);
/* Callback of .next_test. */
void engine_trust_on_next_test(evutil_socket_t fd, short what, void *context);
/* Logs that the engine stalls, and no longer trusts it. The test in progress decides whether it is trusted
 * again. If the self test is off, does nothing. */
void engine_trust_note_stall(struct engine_trust *trust);

/* engine_doubt.c. Handles the engine's verdict on a message. */
void engine_doubt_judge(struct trial *trial, const struct verdict *verdict);
/* Decides the trials that waited for this test. */
void engine_doubt_settle(struct engine_trust *trust, bool is_passed);
bool engine_doubt_is_any(const struct engine_trust *trust);
/* Delivers the trial's verdict and frees it. */
void engine_doubt_finish(struct trial *trial);

#endif
