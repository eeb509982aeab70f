/* front_end_lab: a scan front end with one fake engine, which holds its only job until the test answers. */
#ifndef POSTERN_TESTS_FRONT_END_LAB_H
#define POSTERN_TESTS_FRONT_END_LAB_H

#include "scan/scan_front_end.h"

#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { OBJECTS_MAX = 1000 };

struct fake {
    struct engine engine;
    struct engine_job *job; /* NULL: the engine is idle */
    unsigned started;       /* number of jobs */
    unsigned stopped;       /* number of jobs that were stopped */
};

extern struct event_base *base;
extern struct fake fake;
extern struct scan_front_end *front_end;
extern struct verdict last; /* of the latest answered request */
extern unsigned answered;   /* number of requests */
extern int owner;           /* of all requests */
extern int *owner_of_next;  /* of the next requests; answers are expected only for `owner` */
extern bool answered_in_any_order;

/* Setup of the group of tests. */
int prepare(void **state);
/* Makes the front end with a cache of so many entries; 0: no cache. */
void begin(uint32_t cache_entries);
void end(void);

/* Runs the event loop a hundred times without waiting. */
void turn(void);

/* Like hand_in_as, but does not run the loop. */
int add(enum message_kind kind, uint64_t id, struct span message);
/* Requests a scan, and runs the loop until children have found out whether the message needs further objects.
 * Requests must have the ids 1, 2, 3 ... in the order of their answers, unless answered_in_any_order. Returns
 * the message's descriptor, which the front end owns. */
int hand_in(uint64_t id, struct span message); /* a mail */
int hand_in_as(enum message_kind kind, uint64_t id, struct span message);

/* Runs the loop until the engine has a job, or until so many requests are answered. */
void await_job(void);
void await_answers(unsigned count);

/* Ends the engine's job with this verdict, and runs the loop. */
void answer(enum verdict_kind kind);
void answer_with(const struct verdict *verdict);
void answer_because(enum verdict_kind kind, enum unscannable reason);

#endif
