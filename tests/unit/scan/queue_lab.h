/* queue_lab: a scan queue with engines that the test controls, and with a clock that it can advance. */
#ifndef POSTERN_TESTS_UNIT_SCAN_QUEUE_LAB_H
#define POSTERN_TESTS_UNIT_SCAN_QUEUE_LAB_H

#include "scan/scan_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

/* An engine controlled by the test. */
struct fake {
    struct engine engine;
    size_t slots, busy;
    unsigned reserve;
    bool ready, can_try;
    struct engine_job *jobs[32]; /* jobs in progress */
    uint64_t order[32];          /* sizes, in the order chosen by the queue */
    size_t order_count;
    uint64_t stopped[32]; /* sizes of the jobs that the queue has stopped */
    size_t stopped_count;
};

extern struct event_base *base;
extern struct fake fakes[2];
extern struct verdict verdicts[32]; /* by the id of the request */
extern size_t answered;
extern int owner, withdrawn[2]; /* requesters */
extern time_t later_s;          /* the queue's clock, in addition to the real one */

/* For a queue that a test makes itself: records the verdict. */
void on_done(void *context, void *requester, uint64_t id, const struct verdict *verdict);
/* The first engine_count of the fakes, each with one slot, without a reserve and without tries. */
struct scan_queue *begin(size_t engine_count, uint64_t deadline_ms);
void end(struct scan_queue *queue);
/* Runs the event loop until no event is active. */
void turn(void);
/* Adds a message of that size, which also identifies it. Returns its descriptor. */
int add(struct scan_queue *queue, void *requester, uint64_t id, uint8_t client, uint64_t size);
/* Ends the oldest job. */
void answer(struct fake *fake, enum verdict_kind kind, enum unscannable reason, const char *name);
void answer_all_clean(struct fake *fake);

#endif
