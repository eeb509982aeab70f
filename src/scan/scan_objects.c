#include "scan/scan_objects.h"

#include "base/buf.h"
#include "base/log.h"
#include "mail/line_ends.h"
#include "scan/scan_parts.h"
#include "sys/message_pass.h"
#include "sys/sealed.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

_Static_assert(2 + (int)LINE_ENDS_READINGS <= (int)SCAN_OBJECTS_MAX, "more readings than objects");

struct scan_objects_job {
    TAILQ_ENTRY(scan_objects_job) link;
    struct scan_objects *objects;
    struct scan_request *request;
    scan_objects_done *done;
    void *context;
    struct message_pass *pass;
    struct line_ends_detector detection;
    unsigned needed;      /* bit set of the readings still to be made */
    uint64_t parts_bytes; /* maximum size of the object with the decoded parts; 0: none is needed */
    enum scan_parts_result parts_result;
    struct scan_parts *parts; /* NULL: no child is running */
    struct line_ends ends;
    struct sealed making;
    uint64_t reserved_bytes; /* memory, of the budget */
    bool is_waiting;
};

struct scan_objects {
    struct event_base *base;
    struct scan_parts_maker *parts_maker;
    uint64_t max_bytes, held_bytes;
    TAILQ_HEAD(, scan_objects_job) waiting;
};

static const char *const labels[] = {"collapsed line ends", "universal line ends", "stripped line ends"};

static void finish(struct scan_objects_job *job, enum scan_objects_result result)
{
    job->pass = NULL;
    sealed_fini(&job->making);
    job->done(job->context, result);
}

static enum line_ends_reading next_reading(const struct scan_objects_job *job)
{
    return (enum line_ends_reading)__builtin_ctz(job->needed);
}

static void write_run(void *context, struct span run)
{
    sealed_add(&((struct scan_objects_job *)context)->making, run);
}

static bool convert_run(void *context, struct span bytes)
{
    struct scan_objects_job *job = context;

    line_ends_next(&job->ends, bytes);
    return !job->making.is_broken;
}

static void make_next(struct scan_objects_job *job);

static bool add_object(struct scan_objects_job *job)
{
    struct scan_request *request = job->request;
    struct scan_object object = {SCAN_OBJECT_READING, -1, 0, labels[job->ends.reading]};

    object.fd = sealed_take(&job->making, &object.size);
    if (object.fd < 0)
        return false;
    request->objects[request->count++] = object;
    return true;
}

static void on_reading(void *context, bool is_whole)
{
    struct scan_objects_job *job = context;

    if (is_whole)
        line_ends_end(&job->ends);
    if (!is_whole || !add_object(job)) {
        log_text(EVENT_scan_objects, "%s: %m", labels[job->ends.reading]);
        finish(job, SCAN_OBJECTS_FAILED);
        return;
    }
    job->needed &= job->needed - 1;
    make_next(job);
}

static const struct message_pass_handlers reading_pass = {convert_run, on_reading};

static void start_reading(struct scan_objects_job *job)
{
    const struct scan_object *message = &job->request->objects[0];

    sealed_fini(&job->making);
    sealed_init(&job->making, "postern-reading");
    line_ends_init(&job->ends, next_reading(job), write_run, job);
    job->pass = message_pass_start(job->objects->base, message->fd, message->size, &reading_pass, job);
}

static void finish_with_parts(struct scan_objects_job *job, enum scan_parts_result result)
{
    switch (result) {
    case SCAN_PARTS_ALL: finish(job, SCAN_OBJECTS_MADE); break;
    case SCAN_PARTS_AMBIGUOUS: finish(job, SCAN_OBJECTS_AMBIGUOUS); break;
    case SCAN_PARTS_ENCRYPTED: finish(job, SCAN_OBJECTS_ENCRYPTED); break;
    case SCAN_PARTS_EXTERNAL: finish(job, SCAN_OBJECTS_EXTERNAL); break;
    case SCAN_PARTS_DAMAGED: finish(job, SCAN_OBJECTS_DAMAGED); break;
    case SCAN_PARTS_LIMITS: finish(job, SCAN_OBJECTS_TOO_LARGE); break;
    case SCAN_PARTS_FAILED: finish(job, SCAN_OBJECTS_FAILED); break;
    }
}

static void on_parts(void *context, enum scan_parts_result result, int object, uint64_t size)
{
    struct scan_objects_job *job = context;
    struct scan_request *request = job->request;

    job->parts = NULL;
    if (object >= 0)
        request->objects[request->count++] =
            (struct scan_object){SCAN_OBJECT_PARTS, object, size, "decoded parts"};
    finish_with_parts(job, result == SCAN_PARTS_ALL ? job->parts_result : result);
}

/* Starts to make the next object, or finishes the job. The memory for all of its objects is already
 * reserved. */
static void make_next(struct scan_objects_job *job)
{
    const struct scan_object *message = &job->request->objects[0];

    if (job->needed) {
        start_reading(job);
        return;
    }
    if (job->parts_bytes == 0) {
        finish_with_parts(job, job->parts_result);
        return;
    }
    job->parts = scan_parts_make(job->objects->parts_maker, message->fd, message->size, job->parts_bytes,
                                 on_parts, job);
    if (!job->parts)
        finish(job, SCAN_OBJECTS_FAILED);
}

/* Starts jobs from the front of the queue while the first one fits into the budget. None is skipped, so that
 * a large job does not wait for ever. */
static void start_waiting(struct scan_objects *objects)
{
    struct scan_objects_job *job;

    while ((job = TAILQ_FIRST(&objects->waiting)) &&
           objects->held_bytes + job->reserved_bytes <= objects->max_bytes) {
        TAILQ_REMOVE(&objects->waiting, job, link);
        job->is_waiting = false;
        objects->held_bytes += job->reserved_bytes;
        make_next(job);
    }
}

static bool detect_run(void *context, struct span bytes)
{
    line_ends_detect_next(&((struct scan_objects_job *)context)->detection, bytes);
    return true;
}

/* Called when the needed readings and the size of the parts are known. The job then waits until its objects
 * fit into the budget. */
static void on_parts_found(void *context, enum scan_parts_result result, int object, uint64_t size)
{
    struct scan_objects_job *job = context;
    uint64_t bytes = size + (uint64_t)__builtin_popcount(job->needed) * job->request->objects[0].size;

    job->parts = NULL;
    job->parts_bytes = size;
    job->parts_result = result;
    if (bytes < size || bytes > job->objects->max_bytes) {
        finish(job, SCAN_OBJECTS_TOO_LARGE);
    } else if (bytes == 0) {
        finish_with_parts(job, result);
    } else {
        job->reserved_bytes = bytes;
        job->is_waiting = true;
        TAILQ_INSERT_TAIL(&job->objects->waiting, job, link);
        start_waiting(job->objects);
    }
}

static void on_detected(void *context, bool is_whole)
{
    struct scan_objects_job *job = context;
    const struct scan_object *message = &job->request->objects[0];

    job->pass = NULL;
    job->needed = line_ends_detect_end(&job->detection);
    if (is_whole)
        job->parts =
            scan_parts_find(job->objects->parts_maker, message->fd, message->size, on_parts_found, job);
    if (!job->parts)
        finish(job, SCAN_OBJECTS_FAILED);
}

static const struct message_pass_handlers detection_pass = {detect_run, on_detected};

struct scan_objects_job *scan_objects_start(struct scan_objects *objects, struct scan_request *request,
                                            scan_objects_done *done, void *context)
{
    struct scan_objects_job *job = mem_alloc_zero(sizeof *job);

    *job = (struct scan_objects_job){
        .objects = objects, .request = request, .done = done, .context = context, .making = SEALED_EMPTY};
    line_ends_detect_init(&job->detection);
    job->pass = message_pass_start(objects->base, request->objects[0].fd, request->objects[0].size,
                                   &detection_pass, job);
    return job;
}

void scan_objects_end(struct scan_objects_job **owned)
{
    struct scan_objects_job *job = *owned;

    *owned = NULL;
    if (!job)
        return;
    message_pass_cancel(&job->pass);
    scan_parts_cancel(&job->parts);
    sealed_fini(&job->making);
    if (job->is_waiting)
        TAILQ_REMOVE(&job->objects->waiting, job, link);
    else
        job->objects->held_bytes -= job->reserved_bytes;
    start_waiting(job->objects);
    free(job);
}

struct scan_objects *scan_objects_new(struct event_base *base, uint64_t max_bytes)
{
    struct scan_objects *objects = mem_alloc_zero(sizeof *objects);

    objects->base = base;
    objects->parts_maker = scan_parts_maker_new(base);
    objects->max_bytes = max_bytes;
    TAILQ_INIT(&objects->waiting);
    return objects;
}

void scan_objects_free(struct scan_objects **objects)
{
    if (*objects)
        scan_parts_maker_free(&(*objects)->parts_maker);
    free(*objects);
    *objects = NULL;
}
