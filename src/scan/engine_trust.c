#include "scan/engine_trust_internal.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

enum { WATCH_DIVISOR = 8 };

static struct engine_trust *trust_of(struct engine *engine)
{
    return (struct engine_trust *)engine;
}

static bool is_believed(const struct engine_trust *trust)
{
    return trust->proof == ENGINE_PROVEN || trust->proof == ENGINE_BELIEVED;
}

void engine_trust_test(struct engine *engine)
{
    struct engine_trust *trust = trust_of(engine);

    if (trust->proof == ENGINE_BELIEVED)
        return;
    trust->proof = ENGINE_UNPROVEN;
    if (!trust->is_testing)
        engine_trust_begin(trust);
    else if (trust->is_step_running)
        trust->is_restart_due = true;
    else
        trust->step = 0;
}

/* Starts a test if a message is slow, and no other request shows whether the engine is alive. */
static void on_watch(evutil_socket_t fd, short what, void *context)
{
    struct engine_trust *trust = context;
    uint64_t now = engine_trust_now_ms(), deadline_ms = trust->settings.deadline_ms;
    bool is_any = false, is_slow = false;
    struct trial *trial;

    TAILQ_FOREACH(trial, &trust->trials, link)
    {
        is_any = is_any || trial->state == TRIAL_RUNNING;
        is_slow = is_slow || (trial->state == TRIAL_RUNNING && now - trial->began_ms >= deadline_ms / 2);
    }
    if (is_slow && now - trust->answered_ms >= deadline_ms / 4)
        engine_trust_begin(trust);
    if (!is_any)
        event_del(trust->watch);
}

static void on_judged(struct engine_job *job, const struct verdict *verdict)
{
    engine_doubt_judge((struct trial *)job, verdict);
}

static void on_settle(evutil_socket_t fd, short what, void *context)
{
    struct engine_trust *trust = context;
    struct trial *trial, *next;

    for (trial = TAILQ_FIRST(&trust->trials); trial; trial = next) {
        next = TAILQ_NEXT(trial, link);
        if (trial->state == TRIAL_SETTLED)
            engine_doubt_finish(trial);
    }
}

static struct trial *new_trial(struct engine_trust *trust, struct engine_job *caller_job,
                               enum trial_state state)
{
    struct trial *trial = mem_alloc_zero(sizeof *trial);

    trial->job = *caller_job;
    trial->job.done = on_judged;
    trial->trust = trust;
    trial->caller_job = caller_job;
    trial->state = state;
    trial->began_ms = engine_trust_now_ms();
    TAILQ_INSERT_TAIL(&trust->trials, trial, link);
    return trial;
}

static bool give_to_engine(struct engine_trust *trust, struct engine_job *caller_job)
{
    struct trial *trial = new_trial(trust, caller_job, TRIAL_RUNNING);
    struct timeval tick = engine_trust_interval(trust->settings.deadline_ms / WATCH_DIVISOR + 1);

    if (!trust->inner->class->start(trust->inner, &trial->job)) {
        TAILQ_REMOVE(&trust->trials, trial, link);
        free(trial);
        return false;
    }
    if (!event_pending(trust->watch, EV_TIMEOUT, NULL))
        event_add(trust->watch, &tick);
    return true;
}

/* The engine has failed the last test. Returns whether this decides about the message. It does if the message
 * has waited for that test, or if the engine gave a wrong verdict and the pause is not over. Otherwise the
 * message starts a new test. */
static bool is_decided(const struct engine_trust *trust, const struct engine_job *caller_job)
{
    return caller_job->awaited_test || (engine_trust_is_refuted(&trust->engine) &&
                                        engine_trust_now_ms() - trust->ended_ms < trust->pause_ms);
}

static bool start(struct engine *engine, struct engine_job *caller_job)
{
    struct engine_trust *trust = trust_of(engine);

    if (is_believed(trust))
        return give_to_engine(trust, caller_job);
    if (trust->proof == ENGINE_REFUTED && !trust->is_testing && is_decided(trust, caller_job)) {
        new_trial(trust, caller_job, TRIAL_SETTLED);
        event_active(trust->settle, EV_TIMEOUT, 1);
        return true;
    }
    engine_trust_begin(trust);
    caller_job->awaited_test = trust->run;
    return false;
}

/* Only the scan of a trial can be stopped. Trials in other states are no longer scanned. */
static void stop(struct engine *engine, struct engine_job *caller_job)
{
    struct engine_trust *trust = trust_of(engine);
    struct trial *trial;

    TAILQ_FOREACH(trial, &trust->trials, link)
    if (trial->caller_job == caller_job && trial->state == TRIAL_RUNNING)
        engine_stop(trust->inner, &trial->job);
}

/* A refuted engine counts as ready, so that messages do not wait: `start` answers them, or begins a test. */
static bool is_ready(const struct engine *engine)
{
    const struct engine_trust *trust = (const struct engine_trust *)engine;

    if (is_believed(trust))
        return trust->inner->class->is_ready(trust->inner);
    return trust->proof == ENGINE_REFUTED && !trust->is_testing;
}

static void on_slot_free(void *context)
{
    struct engine_trust *trust = context;

    if (trust->is_testing && !trust->is_step_running)
        engine_trust_step(trust);
    engine_notify_slot_free(&trust->engine);
}

static void free_engine(struct engine *engine)
{
    struct engine_trust *trust = trust_of(engine);
    struct trial *trial;

    engine_free(&trust->inner);
    while ((trial = TAILQ_FIRST(&trust->trials))) {
        if (trial->hash)
            message_hash_cancel(&trial->hash);
        TAILQ_REMOVE(&trust->trials, trial, link);
        free(trial);
    }
    event_free(trust->next_test);
    event_free(trust->watch);
    event_free(trust->settle);
    free(trust);
}

static void on_run_ended(struct engine_trust *trust, bool is_passed)
{
    engine_doubt_settle(trust, is_passed);
    if (engine_doubt_is_any(trust))
        engine_trust_begin(trust);
    engine_notify_slot_free(&trust->engine);
}

/* Until the engine is trusted, the wrapper refuses or answers every job itself, so the engine's slots do not
 * matter. */
static struct engine_capacity capacity(const struct engine *engine)
{
    const struct engine_trust *trust = (const struct engine_trust *)engine;

    return is_believed(trust) ? engine_capacity(trust->inner) : (struct engine_capacity){UINT_MAX, 0, false};
}

static const struct engine_class class = {"trust", start, is_ready, free_engine, stop, capacity};

struct engine *engine_trust_new(struct event_base *base, struct engine *inner,
                                const struct engine_trust_settings *settings)
{
    struct engine_trust *trust = mem_alloc_zero(sizeof *trust);

    trust->engine.class = &class;
    trust->inner = inner;
    trust->base = base;
    trust->settings = *settings;
    trust->run_ended = on_run_ended;
    trust->proof = settings->test->is_off ? ENGINE_BELIEVED : ENGINE_UNPROVEN;
    trust->is_tried = settings->test->is_off;
    trust->answered_ms = engine_trust_now_ms();
    TAILQ_INIT(&trust->trials);
    trust->next_test = evtimer_new(base, engine_trust_on_next_test, trust);
    trust->watch = event_new(base, -1, EV_PERSIST, on_watch, trust);
    trust->settle = event_new(base, -1, 0, on_settle, trust);
    inner->slot_free = on_slot_free;
    inner->context = trust;
    if (!settings->test->is_off)
        event_active(trust->next_test, EV_TIMEOUT, 1);
    return &trust->engine;
}

bool engine_trust_is_tried(const struct engine *trust)
{
    return ((const struct engine_trust *)trust)->is_tried;
}

bool engine_trust_is_refuted(const struct engine *engine)
{
    const struct engine_trust *trust = (const struct engine_trust *)engine;

    return trust->proof == ENGINE_REFUTED && self_test_is_wrong_verdict(trust->failure);
}

void engine_trust_describe(const struct engine *engine, struct engine_state *state)
{
    const struct engine_trust *trust = (const struct engine_trust *)engine;

    state->is_ready = is_believed(trust) && trust->inner->class->is_ready(trust->inner);
    state->proof = (uint8_t)trust->proof;
    memcpy(state->failure, trust->failure, sizeof state->failure);
}
