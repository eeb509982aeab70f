/* engine: somebody who looks at a message and says what it is.
 *
 * Runs in the scan process, on its event loop; never blocks it. One job at a time is handed to each free slot by the
 * queue (svc/scan_queue); an engine says how many slots it has now. An engine never says clean because it failed to
 * look: see verdict.h. */
#ifndef POSTERN_SVC_ENGINE_H
#define POSTERN_SVC_ENGINE_H

#include "core/verdict.h"

struct engine;

struct engine_job {
    int fd; /* the message: sealed memfd or read-only file; the queue's, open until done was called */
    uint64_t size;
    uint64_t deadline_ms;
    void (*done)(struct engine_job *job, const struct verdict *verdict);
};

struct engine_class {
    const char *name; /* "builtin", "command", "none" */
    /* Starts on the job; done is called later, never from within. False: no slot is free now. */
    bool (*start)(struct engine *engine, struct engine_job *job);
    void (*free)(struct engine *engine);
};

/* First member of every engine. `slot_free` is set by the queue; the engine calls it when it can take a job that it refused. */
struct engine {
    const struct engine_class *class;
    void (*slot_free)(void *context);
    void *context;
};

#endif
