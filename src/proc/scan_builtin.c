#include "proc/scan_builtin.h"

#include "base/buf.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

enum {
    SETTLE_MS = 50,
    HARD_FACTOR = 2,
    TRY_GRACE_MS = 50, /* libclamav looks at its limit only now and then */
    UNWANTED_MS = 150, /* the scan of an ordinary message ends by itself within this time */
};

enum phase {
    PHASE_WAITING,  /* the job waits for another worker */
    PHASE_RUNNING,  /* a worker scans the message */
    PHASE_SETTLING, /* the worker has just died; soon it will be known whether the loader has died, too */
};

/* One job in progress. */
struct attempt {
    TAILQ_ENTRY(attempt) link;
    struct builtin *builtin;
    struct engine_job *job;
    enum phase phase;
    uint64_t id;
    unsigned deaths;
    unsigned loader; /* value of builtin.loader_number when the worker got the job */
    struct event *timer;
};

struct worker {
    struct builtin *builtin;
    struct ipc *channel; /* NULL: none */
    struct attempt *attempt;
    bool is_dying; /* the loader was asked to kill it */
};

struct builtin {
    struct engine engine;
    struct event_base *base;
    void (*on_change)(void *context);
    void *context;
    struct ipc *loader;
    unsigned loader_number;
    uint64_t last_id;
    struct ipc_loaded loaded; /* the loader's report about its signatures */
    unsigned connected;       /* workers that have a channel, without those that are dying */
    struct worker workers[SCAN_BUILTIN_WORKERS_MAX];
    TAILQ_HEAD(, attempt) attempts;
};

static void set_timer(struct attempt *attempt, enum phase phase, uint64_t ms)
{
    struct timeval after = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};

    attempt->phase = phase;
    event_add(attempt->timer, &after);
}

static void free_attempt(struct attempt *attempt)
{
    TAILQ_REMOVE(&attempt->builtin->attempts, attempt, link);
    event_free(attempt->timer);
    free(attempt);
}

static void finish(struct attempt *attempt, const struct verdict *verdict)
{
    struct builtin *builtin = attempt->builtin;
    struct engine_job *job = attempt->job;

    free_attempt(attempt);
    job->done(job, verdict);
    engine_notify_slot_free(&builtin->engine);
}

static void finish_as(struct attempt *attempt, enum verdict_kind kind, enum unscannable reason,
                      struct span name)
{
    struct verdict verdict = {0};

    verdict_set(&verdict, kind, reason, name);
    snprintf(verdict.engine, sizeof verdict.engine, "builtin");
    finish(attempt, &verdict);
}

static void finish_late(struct attempt *attempt)
{
    struct verdict late = {.engine = "builtin"};

    verdict_set_late(&late);
    finish(attempt, &late);
}

static struct worker *find_free_worker(struct builtin *builtin)
{
    for (size_t i = 0; i < SCAN_BUILTIN_WORKERS_MAX; i++)
        if (builtin->workers[i].channel && !builtin->workers[i].attempt && !builtin->workers[i].is_dying)
            return &builtin->workers[i];
    return NULL;
}

/* Returns the time after which the worker is killed. A worker that is suspended by a signal cannot keep the
 * deadline itself. */
static uint64_t hard_limit_ms(const struct engine_job *job)
{
    return job->is_try ? job->deadline_ms + TRY_GRACE_MS : job->deadline_ms * HARD_FACTOR;
}

static void give_to_worker(struct worker *worker, struct attempt *attempt)
{
    struct builtin *builtin = worker->builtin;
    struct ipc_check check = {.id = ++builtin->last_id,
                              .size = attempt->job->size,
                              .deadline_ms = attempt->job->deadline_ms,
                              .kind = (uint8_t)attempt->job->kind};

    worker->attempt = attempt;
    attempt->id = check.id;
    attempt->loader = builtin->loader_number;
    set_timer(attempt, PHASE_RUNNING, hard_limit_ms(attempt->job));
    ipc_send(worker->channel, IPC_CHECK, &check, attempt->job->fd);
}

/* Jobs that wait for a second worker come before those of the queue. */
static void use_free_workers(struct builtin *builtin)
{
    struct attempt *attempt;

    TAILQ_FOREACH(attempt, &builtin->attempts, link)
    {
        struct worker *worker = attempt->phase == PHASE_WAITING ? find_free_worker(builtin) : NULL;

        if (worker)
            give_to_worker(worker, attempt);
    }
    if (find_free_worker(builtin))
        engine_notify_slot_free(&builtin->engine);
}

/* Decides what follows from the death of the worker. */
static void settle_death(struct attempt *attempt)
{
    if (attempt->loader == attempt->builtin->loader_number && attempt->builtin->loader)
        attempt->deaths++;
    if (attempt->job->is_unwanted) {
        finish_late(attempt);
        return;
    }
    if (attempt->deaths > 1) {
        finish_as(attempt, VERDICT_UNSCANNABLE, UNSCANNABLE_LIMITS, SPAN("worker-died-twice"));
        return;
    }
    set_timer(attempt, PHASE_WAITING, attempt->job->deadline_ms);
    use_free_workers(attempt->builtin);
}

static void disconnect(struct worker *worker)
{
    ipc_free(&worker->channel);
    if (!worker->is_dying)
        worker->builtin->connected--;
    worker->is_dying = false;
}

static void end_worker(struct worker *worker)
{
    struct attempt *attempt = worker->attempt;

    worker->attempt = NULL;
    disconnect(worker);
    if (attempt)
        set_timer(attempt, PHASE_SETTLING, SETTLE_MS);
}

static void ask_to_kill(struct worker *worker)
{
    struct builtin *builtin = worker->builtin;
    struct ipc_worker message = {(uint32_t)(worker - builtin->workers)};

    if (builtin->loader)
        ipc_send(builtin->loader, IPC_KILL, &message, -1);
}

/* Leaves the channel open until the worker is dead. If the channel were closed, the worker might end by
 * itself. Then the request would kill the next worker with the same number. */
static void kill_worker_of(const struct attempt *attempt)
{
    struct builtin *builtin = attempt->builtin;

    for (size_t i = 0; i < SCAN_BUILTIN_WORKERS_MAX; i++) {
        struct worker *worker = &builtin->workers[i];

        if (worker->attempt != attempt)
            continue;
        worker->attempt = NULL;
        worker->is_dying = true;
        builtin->connected--;
        ask_to_kill(worker);
    }
}

static void end_overdue(struct attempt *attempt)
{
    bool is_expected = attempt->job->is_try || attempt->job->is_unwanted;

    kill_worker_of(attempt);
    if (!is_expected)
        log_text(EVENT_worker_overdue, "a scan did not end by twice its deadline: the worker is killed");
    if (is_expected || ++attempt->deaths > 1) {
        finish_late(attempt);
        return;
    }
    set_timer(attempt, PHASE_WAITING, attempt->job->deadline_ms);
    use_free_workers(attempt->builtin);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct attempt *attempt = context;

    switch (attempt->phase) {
    case PHASE_WAITING: finish_as(attempt, VERDICT_FAILED, UNSCANNABLE_NONE, SPAN("")); break;
    case PHASE_RUNNING: end_overdue(attempt); break;
    case PHASE_SETTLING: settle_death(attempt); break;
    }
}

static struct verdict clean_verdict(const struct verdict *from)
{
    struct verdict verdict = *from, scratch;

    verdict_set_name(&verdict, span_of(from->name));
    verdict_set_name(&scratch, span_of(from->engine));
    snprintf(verdict.engine, sizeof verdict.engine, "%.31s", scratch.name);
    verdict_set_name(&scratch, span_of(from->signatures));
    snprintf(verdict.signatures, sizeof verdict.signatures, "%.63s", scratch.name);
    return verdict;
}

static void on_worker_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct worker *worker = context;
    const struct ipc_verdict *checked = payload;
    struct attempt *attempt = worker->attempt;
    struct verdict verdict;

    if (worker->is_dying)
        return;
    if (kind != IPC_CHECKED || !attempt || checked->id != attempt->id ||
        !verdict_is_valid(&checked->verdict)) {
        ipc_violation(ipc, "an unexpected reply or a malformed verdict");
        return;
    }
    verdict = clean_verdict(&checked->verdict);
    worker->attempt = NULL;
    finish(attempt, &verdict);
    use_free_workers(worker->builtin);
}

static void on_worker_closed(void *context, struct ipc *ipc)
{
    struct worker *worker = context;

    if (ipc_is_accused(ipc))
        ask_to_kill(worker);
    end_worker(worker);
}

static const struct ipc_handlers worker_handlers = {on_worker_message, on_worker_closed};

static void take_worker(struct builtin *builtin, unsigned index, int fd)
{
    struct worker *worker = &builtin->workers[index];

    if (worker->channel)
        end_worker(worker);
    builtin->connected++;
    worker->builtin = builtin;
    worker->channel = ipc_new(builtin->base, fd, ROLE_SCAN, ROLE_WORKER, index, &worker_handlers, worker);
    use_free_workers(builtin);
    builtin->on_change(builtin->context);
}

static void on_loader_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct builtin *builtin = context;
    const struct ipc_worker *worker = payload;

    if (kind == IPC_LOADED) {
        builtin->loaded = *(const struct ipc_loaded *)payload;
        return;
    }
    if (kind == IPC_WORKER && worker->index < SCAN_BUILTIN_WORKERS_MAX) {
        take_worker(builtin, worker->index, fd);
        return;
    }
    close(fd);
    ipc_violation(ipc, "an invalid worker number");
}

static void on_loader_closed(void *context, struct ipc *ipc)
{
    struct builtin *builtin = context;

    builtin->loader_number++;
    ipc_free(&builtin->loader);
}

static const struct ipc_handlers loader_handlers = {on_loader_message, on_loader_closed};

void scan_builtin_take_loader(struct engine *engine, int fd, unsigned index)
{
    struct builtin *builtin = (struct builtin *)engine;

    ipc_free(&builtin->loader);
    builtin->loader_number++;
    builtin->loader = ipc_new(builtin->base, fd, ROLE_SCAN, ROLE_CLAMAV, index, &loader_handlers, builtin);
}

static bool start(struct engine *engine, struct engine_job *job)
{
    struct builtin *builtin = (struct builtin *)engine;
    struct worker *worker = find_free_worker(builtin);
    struct attempt *attempt;

    if (!worker)
        return false;
    attempt = mem_alloc_zero(sizeof *attempt);
    attempt->builtin = builtin;
    attempt->job = job;
    attempt->timer = event_new(builtin->base, -1, 0, on_timer, attempt);
    TAILQ_INSERT_TAIL(&builtin->attempts, attempt, link);
    give_to_worker(worker, attempt);
    return true;
}

static void stop(struct engine *engine, struct engine_job *job)
{
    struct attempt *attempt;

    TAILQ_FOREACH(attempt, &((struct builtin *)engine)->attempts, link)
    if (attempt->job == job && attempt->phase != PHASE_SETTLING)
        set_timer(attempt, attempt->phase, attempt->phase == PHASE_RUNNING ? UNWANTED_MS : 0);
}

static bool is_ready(const struct engine *engine)
{
    return ((const struct builtin *)engine)->connected > 0;
}

static void free_engine(struct engine *engine)
{
    struct builtin *builtin = (struct builtin *)engine;

    for (size_t i = 0; i < SCAN_BUILTIN_WORKERS_MAX; i++)
        ipc_free(&builtin->workers[i].channel);
    while (!TAILQ_EMPTY(&builtin->attempts))
        free_attempt(TAILQ_FIRST(&builtin->attempts));
    ipc_free(&builtin->loader);
    free(builtin);
}

void scan_builtin_describe(const struct engine *engine, struct engine_state *state)
{
    const struct ipc_loaded *loaded = &((const struct builtin *)engine)->loaded;
    struct verdict scratch;

    verdict_set_name(&scratch, (struct span){loaded->signatures, strnlen(loaded->signatures, 63)});
    snprintf(state->signatures, sizeof state->signatures, "%.63s", scratch.name);
    state->published_s = loaded->published_s;
}

static struct engine_capacity capacity(const struct engine *engine)
{
    unsigned connected = ((const struct builtin *)engine)->connected;

    return (struct engine_capacity){connected, connected > 1 ? 1 : 0, true};
}

static const struct engine_class class = {"builtin", start, is_ready, free_engine, stop, capacity};

struct engine *scan_builtin_new(struct event_base *base, void (*on_change)(void *context), void *context)
{
    struct builtin *builtin = mem_alloc_zero(sizeof *builtin);

    builtin->engine.class = &class;
    builtin->base = base;
    builtin->on_change = on_change;
    builtin->context = context;
    TAILQ_INIT(&builtin->attempts);
    return &builtin->engine;
}
