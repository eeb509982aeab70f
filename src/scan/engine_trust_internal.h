/* engine_trust_internal: shared by engine_trust.c (the wrapped engine), engine_doubt.c (the engine's verdicts,
 * and those that are doubtful) and engine_trust_run.c (the self test). Each calls only those after it. */
#ifndef POSTERN_SCAN_ENGINE_TRUST_INTERNAL_H
#define POSTERN_SCAN_ENGINE_TRUST_INTERNAL_H

#include "scan/give_up.h"
#include "scan/engine_trust.h"
#include "sys/message_hash.h"

#include <sys/queue.h>

enum trial_state {
    TRIAL_RUNNING,  /* the engine is scanning it */
    TRIAL_DOUBTFUL, /* its verdict waits for the end of test run `decided_by` */
    TRIAL_HASHING,  /* a healthy engine failed for it; its failures are counted by hash */
    TRIAL_SETTLED,  /* its verdict is delivered in the next iteration of the event loop */
};

/* One message. */
struct trial {
    struct engine_job job; /* first member: done converts it back */
    TAILQ_ENTRY(trial) link;
    struct engine_trust *trust;
    struct engine_job *asked; /* the caller's job */
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
    char said[ENGINE_SAID_MAX];
    uint64_t answered_ms; /* when the engine last returned anything */
    /* The test. */
    struct engine_job test_job;
    uint64_t run; /* number of the current or last test */
    size_t step;
    bool is_testing, is_in_hand, again;
    uint64_t step_ms;  /* when the engine was given the current step */
    uint64_t ended_ms; /* when the last test ended */
    uint64_t pause_ms;
    struct event *next; /* timer of the next test */
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
/* Gives the engine the current step of the test. If no slot is free, it is tried again when one is, within
 * the deadline. */
void engine_trust_step(struct engine_trust *trust);
/* The timer of the next test. */
void engine_trust_next(evutil_socket_t fd, short what, void *context);
/* The engine stalls: the test in progress decides whether it is trusted again. */
void engine_trust_stalls(struct engine_trust *trust);

/* engine_doubt.c. Handles the engine's verdict on a message. */
void engine_doubt_judge(struct trial *trial, const struct verdict *verdict);
/* Decides the trials that waited for this test. */
void engine_doubt_settle(struct engine_trust *trust, bool is_passed);
bool engine_doubt_is_any(const struct engine_trust *trust);
/* Delivers the trial's verdict and frees it. */
void engine_doubt_finish(struct trial *trial);

#endif
