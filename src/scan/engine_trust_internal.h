/* engine_trust_internal: what engine_trust.c (tests and messages) and engine_doubt.c (verdicts in doubt)
 * share. */
#ifndef POSTERN_SCAN_ENGINE_TRUST_INTERNAL_H
#define POSTERN_SCAN_ENGINE_TRUST_INTERNAL_H

#include "scan/give_up.h"
#include "scan/engine_trust.h"
#include "sys/message_hash.h"

#include <sys/queue.h>

enum trial_state {
    TRIAL_RUNNING,  /* the engine has it */
    TRIAL_DOUBTFUL, /* its verdict waits for the end of test run `decided_by` */
    TRIAL_HASHING,  /* a healthy engine failed for it: how often? */
    TRIAL_SETTLED,  /* its verdict is given in the next iteration of the event loop */
};

/* One message. */
struct trial {
    struct engine_job job; /* first: done gets it back */
    TAILQ_ENTRY(trial) link;
    struct engine_trust *trust;
    struct engine_job *asked; /* the caller's */
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
    uint64_t answered_ms; /* when the engine has last answered anything */
    /* The test */
    struct engine_job test_job;
    uint64_t run; /* number of the test that runs, or ran last */
    size_t step;
    bool is_testing, is_in_hand, again;
    uint64_t step_ms;  /* when the engine got the step in hand */
    uint64_t ended_ms; /* the last test */
    uint64_t pause_ms;
    struct event *next; /* test */
    /* Messages */
    TAILQ_HEAD(, trial) trials;
    struct event *watch, *settle;
    struct give_up give_up;
};

uint64_t engine_trust_now_ms(void);
/* A test, unless one runs. */
void engine_trust_begin(struct engine_trust *trust);
/* The engine stalls: the test that it has in hand decides whether it is believed again. */
void engine_trust_stalls(struct engine_trust *trust);
/* Gives the trial's verdict, and frees it. */
void engine_trust_finish(struct trial *trial);

/* The engine's answer to a message. */
void engine_doubt_judge(struct trial *trial, const struct verdict *verdict);
/* A test run has ended: those that waited for it. */
void engine_doubt_settle(struct engine_trust *trust, bool is_passed);
bool engine_doubt_is_any(const struct engine_trust *trust);

#endif
