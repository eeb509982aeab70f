#include "tests/unit/scan/queue_lab.h"

#include <fcntl.h>

static bool start(struct engine *engine, struct engine_job *job)
{
    struct fake *fake = (struct fake *)engine;

    if (!fake->ready || fake->busy == fake->slots)
        return false;
    assert_true(fcntl(job->fd, F_GETFD) >= 0);
    fake->jobs[fake->busy++] = job;
    fake->order[fake->order_count++] = job->size;
    return true;
}

static bool is_ready(const struct engine *engine)
{
    return ((const struct fake *)engine)->ready;
}

static struct engine_capacity capacity(const struct engine *engine)
{
    const struct fake *fake = (const struct fake *)engine;

    return (struct engine_capacity){(unsigned)fake->slots, fake->reserve, fake->can_try};
}

static void stop_job(struct engine *engine, struct engine_job *job)
{
    struct fake *fake = (struct fake *)engine;

    fake->stopped[fake->stopped_count++] = job->size;
}

static const struct engine_class class = {"fake", start, is_ready, NULL, stop_job, capacity};

/* The queue's clock, in addition to the real one. */
time_t later_s;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = __real_clock_gettime(clock, now);

    now->tv_sec += later_s;
    return result;
}

struct event_base *base;
struct fake fakes[2];
static struct engine *engines[2] = {&fakes[0].engine, &fakes[1].engine};
struct verdict verdicts[32];
size_t answered;
int owner, withdrawn[2];

void on_done(void *context, void *requester, uint64_t id, const struct verdict *verdict)
{
    assert_true(requester == &owner || requester == &withdrawn[0] || requester == &withdrawn[1]);
    verdicts[id] = *verdict;
    answered++;
}

struct scan_queue *begin(size_t engine_count, uint64_t deadline_ms)
{
    base = event_base_new();
    answered = 0;
    memset(verdicts, 0xff, sizeof verdicts);
    for (size_t i = 0; i < 2; i++)
        fakes[i] = (struct fake){.engine = {.class = &class}, .slots = 1, .ready = true};
    return scan_queue_new(base, engines, engine_count, deadline_ms, on_done, NULL);
}

void end(struct scan_queue *queue)
{
    scan_queue_free(&queue);
    assert_null(queue);
    event_base_free(base);
}

void turn(void)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
}

int add(struct scan_queue *queue, void *requester, uint64_t id, uint8_t client, uint64_t size)
{
    struct scan_request request = {.owner = requester, .id = id, .client = {client}};

    scan_request_set_message(&request, MESSAGE_MAIL, open("/dev/null", O_RDONLY | O_CLOEXEC), size);
    scan_queue_add(queue, &request);
    return request.objects[0].fd;
}

void answer(struct fake *fake, enum verdict_kind kind, enum unscannable reason, const char *name)
{
    struct engine_job *job = fake->jobs[0];
    struct verdict verdict = {0};

    assert_true(fake->busy > 0);
    verdict_set(&verdict, kind, reason, span_of(name));
    memmove(fake->jobs, fake->jobs + 1, --fake->busy * sizeof fake->jobs[0]);
    job->done(job, &verdict);
    engine_notify_slot_free(&fake->engine);
    turn();
}

void answer_all_clean(struct fake *fake)
{
    while (fake->busy)
        answer(fake, VERDICT_CLEAN, UNSCANNABLE_NONE, "");
}
