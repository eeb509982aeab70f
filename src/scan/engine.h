/* engine: takes an object of a message (scan/scan_object) and says what it is.
 *
 * Runs in the scan process, on its event loop; never blocks it. The queue (scan/scan_queue) hands it one job
 * for each free slot. An engine never says clean because it failed to look: see verdict.h. */
#ifndef POSTERN_SCAN_ENGINE_H
#define POSTERN_SCAN_ENGINE_H

#include "core/message_kind.h"
#include "core/verdict.h"

struct engine;

enum { ENGINE_SAID_MAX = 256 };

/* Whether it has passed its self test (scan/engine_trust). */
enum engine_proof {
    ENGINE_UNPROVEN, /* it is being tried */
    ENGINE_PROVEN,
    ENGINE_REFUTED, /* it failed, and is tried again */
    ENGINE_BELIEVED /* without a test: [scan] self_test = none */
};

/* What `postern status` tells of one. */
struct engine_state {
    uint8_t kind; /* enum engine_kind */
    uint8_t is_ready;
    uint8_t proof;              /* enum engine_proof */
    char said[ENGINE_SAID_MAX]; /* what it did wrong in its last self test; empty: nothing */
    char signatures[64];        /* their version; empty: unknown, or it has none */
    int64_t published_s;        /* Unix time of the newest of them; 0: unknown */
};

struct engine_job {
    int fd; /* the object: sealed memfd or read-only file; the queue's, open until done was called */
    uint64_t size;
    uint64_t deadline_ms;
    void (*done)(struct engine_job *job, const struct verdict *verdict);
    enum message_kind kind; /* which of the two the engine is to take the bytes for */
    bool is_test;           /* of the engine itself: it may take the slot that is kept for tests */
    uint64_t waits_for;     /* number of a self test; 0: none. scan/engine_trust's own */
};

struct engine_class {
    const char *name; /* "builtin", "command", "none" */
    /* Starts on the job; done is called later, never from within. False: no slot is free now. */
    bool (*start)(struct engine *engine, struct engine_job *job);
    /* False: it cannot answer now, busy or not (its processes are starting or dead). */
    bool (*is_ready)(const struct engine *engine);
    /* Jobs in hand are dropped: their done is not called any more. */
    void (*free)(struct engine *engine);
};

/* First member of every engine. `slot_free` is set by the queue; the engine calls it when it can take a job
 * that it refused, also from within done's caller. */
struct engine {
    const struct engine_class *class;
    void (*slot_free)(void *context);
    void *context;
};

static inline void engine_tell_slot_free(struct engine *engine)
{
    if (engine->slot_free)
        engine->slot_free(engine->context);
}

static inline void engine_free(struct engine **engine)
{
    if (*engine)
        (*engine)->class->free(*engine);
    *engine = NULL;
}

#endif
