#include "scan/engine_none.h"

#include "base/buf.h"

#include <stdlib.h>

struct engine_none {
    struct engine engine;
    struct engine_job *job; /* answered in the next iteration of the event loop, so one slot is enough */
    struct event *soon;
};

static void on_soon(evutil_socket_t fd, short what, void *context)
{
    struct engine_none *none = context;
    struct engine_job *job = none->job;
    struct verdict verdict;

    verdict_set_unscanned(&verdict);
    none->job = NULL;
    job->done(job, &verdict);
    engine_notify_slot_free(&none->engine);
}

static bool start(struct engine *engine, struct engine_job *job)
{
    struct engine_none *none = (struct engine_none *)engine;

    if (none->job)
        return false;
    none->job = job;
    event_active(none->soon, EV_TIMEOUT, 1);
    return true;
}

static bool is_ready(const struct engine *engine)
{
    return true;
}

static void free_engine(struct engine *engine)
{
    struct engine_none *none = (struct engine_none *)engine;

    event_free(none->soon);
    free(none);
}

static const struct engine_class class = {"none", start, is_ready, free_engine, NULL, NULL};

struct engine *engine_none_new(struct event_base *base)
{
    struct engine_none *none = mem_alloc_zero(sizeof *none);

    none->engine.class = &class;
    none->soon = event_new(base, -1, 0, on_soon, none);
    return &none->engine;
}
