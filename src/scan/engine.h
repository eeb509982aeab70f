/* engine: interface of a scan engine, which takes an object of a message (scan/scan_object) and returns a
 * verdict.
 *
 * Engines run in the scan process, on its event loop, and never block it. The queue (scan/scan_queue) hands
 * an engine one job per free slot. An engine whose scan has failed never returns `clean`: see verdict.h. */
#ifndef POSTERN_SCAN_ENGINE_H
#define POSTERN_SCAN_ENGINE_H

#include "core/message_kind.h"
#include "core/verdict.h"

#include <limits.h>

struct engine;

enum { ENGINE_FAILURE_SIZE = 256 };

/* Has the engine passed its self test (scan/engine_trust)? */
enum engine_proof {
    ENGINE_UNPROVEN, /* the test is running */
    ENGINE_PROVEN,
    ENGINE_REFUTED, /* the test has failed and will be repeated */
    ENGINE_BELIEVED /* not tested: [scan] self_test = none */
};

/* The state of an engine, as `postern status` prints it. */
struct engine_state {
    uint8_t kind; /* enum engine_kind */
    uint8_t is_ready;
    uint8_t proof;                     /* enum engine_proof */
    char failure[ENGINE_FAILURE_SIZE]; /* why the last self test failed; empty: it did not fail */
    char signatures[64];               /* signature version; empty: unknown, or none */
    int64_t published_s;               /* Unix time of the newest signatures; 0: unknown */
};

struct engine_job {
    int fd; /* the object: a sealed memfd or a read-only file; the queue keeps it open until done is called */
    uint64_t size;
    uint64_t deadline_ms;
    void (*done)(struct engine_job *job, const struct verdict *verdict);
    enum message_kind kind; /* how the engine must interpret the object */
    bool is_test;           /* a self test, which may use the slot that is reserved for tests */
    bool is_try;            /* deadline_ms is short: reaching it says nothing about engine or object */
    bool is_unwanted;       /* engine_stop was called: the verdict does not matter */
    uint64_t awaited_test;  /* for scan/engine_trust: number of the self test that the job awaits; 0: none */
};

/* How many jobs an engine takes. */
struct engine_capacity {
    unsigned slots;   /* jobs at the same time. Varies as processes start and die */
    unsigned reserve; /* this many of the slots are closed to jobs that may take long */
    bool can_try;     /* a job frees the engine at its deadline, so a short try is cheap */
};

struct engine_class {
    const char *name; /* "builtin", for instance */
    /* Starts the job. done is called later, never from within start. Returns false if the engine cannot take
     * the job now, because no slot is free or a self test is awaited. */
    bool (*start)(struct engine *engine, struct engine_job *job);
    /* Returns false while the engine cannot answer any job, because its processes are starting or dead, or
     * its self test is running. */
    bool (*is_ready)(const struct engine *engine);
    /* Drops the jobs in progress without calling done. */
    void (*free)(struct engine *engine);
    /* Makes a job in progress end early, if the engine can end it. done is still called: later, never from
     * within stop_job. NULL: jobs never take long. */
    void (*stop_job)(struct engine *engine, struct engine_job *job);
    /* NULL: the number of slots is unknown; `start` tells whether one is free. */
    struct engine_capacity (*capacity)(const struct engine *engine);
};

/* First member of every engine. The user of the engine (the queue, or engine_trust) sets `slot_free`. The
 * engine calls slot_free when it may be able to take another job, often directly after `done`. */
struct engine {
    const struct engine_class *class;
    void (*slot_free)(void *context);
    void *context;
};

static inline void engine_notify_slot_free(struct engine *engine)
{
    if (engine->slot_free)
        engine->slot_free(engine->context);
}

/* Call at most once for a job in progress, when its verdict is not needed any more. */
static inline void engine_stop(struct engine *engine, struct engine_job *job)
{
    job->is_unwanted = true;
    if (engine->class->stop_job)
        engine->class->stop_job(engine, job);
}

static inline struct engine_capacity engine_capacity(const struct engine *engine)
{
    return engine->class->capacity ? engine->class->capacity(engine)
                                   : (struct engine_capacity){UINT_MAX, 0, false};
}

static inline void engine_free(struct engine **engine)
{
    if (*engine)
        (*engine)->class->free(*engine);
    *engine = NULL;
}

#endif
