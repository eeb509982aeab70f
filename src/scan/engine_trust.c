#include "scan/engine_trust_internal.h"

#include "base/buf.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    RETEST_MS = 30 * 60 * 1000,
    PAUSE_FIRST_MS = 1000,
    PAUSE_MAX_MS = 60000,
    WATCH_DIVISOR = 8,
};

uint64_t engine_trust_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct timeval interval(uint64_t ms)
{
    return (struct timeval){(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};
}

static struct engine_trust *trust_of(struct engine *engine)
{
    return (struct engine_trust *)engine;
}

static bool is_believed(const struct engine_trust *trust)
{
    return trust->proof == ENGINE_PROVEN || trust->proof == ENGINE_BELIEVED;
}

static void log_outcome(const struct engine_trust *trust, bool is_passed, const char *said)
{
    bool is_news = strcmp(said, trust->said) != 0 || (is_passed && trust->proof != ENGINE_PROVEN);
    struct log_line line;

    log_begin_at(&line,
                 !is_news    ? LOG_LEVEL_DEBUG
                 : is_passed ? LOG_LEVEL_INFO
                             : LOG_LEVEL_ERROR,
                 EVENT_self_test);
    log_string(&line, "engine", trust->settings.name);
    log_string(&line, "result", is_passed ? "passed" : "failed");
    if (!is_passed)
        log_string(&line, "text", said);
    log_end(&line);
}

static uint64_t pause_after(struct engine_trust *trust, bool is_passed)
{
    uint64_t doubled = trust->pause_ms * 2;

    trust->pause_ms = is_passed ? 0 : doubled < PAUSE_FIRST_MS ? PAUSE_FIRST_MS : doubled;
    if (trust->pause_ms > PAUSE_MAX_MS)
        trust->pause_ms = PAUSE_MAX_MS;
    return is_passed ? RETEST_MS : trust->pause_ms;
}

static void conclude(struct engine_trust *trust, bool is_passed)
{
    bool was_proven = trust->proof == ENGINE_PROVEN;

    if (trust->proof != ENGINE_BELIEVED)
        trust->proof = is_passed ? ENGINE_PROVEN : ENGINE_REFUTED;
    trust->is_tried = true;
    if (trust->settings.ended)
        trust->settings.ended(trust->settings.context, was_proven && !is_passed);
}

static void end_test(struct engine_trust *trust, bool is_passed, const char *said)
{
    struct timeval next = interval(pause_after(trust, is_passed));

    log_outcome(trust, is_passed, said);
    snprintf(trust->said, sizeof trust->said, "%s", said);
    trust->is_testing = false;
    trust->ended_ms = engine_trust_now_ms();
    conclude(trust, is_passed);
    if (trust->proof == ENGINE_BELIEVED)
        event_del(trust->next);
    else
        event_add(trust->next, &next);
    engine_doubt_settle(trust, is_passed);
    if (engine_doubt_is_any(trust))
        engine_trust_begin(trust);
    engine_notify_slot_free(&trust->engine);
}

static void take_step(struct engine_trust *trust);

static void on_tested(struct engine_job *job, const struct verdict *verdict)
{
    struct engine_trust *trust =
        (struct engine_trust *)((char *)job - offsetof(struct engine_trust, test_job));
    const struct self_test *test = trust->settings.test;
    char said[SELF_TEST_SAID];

    trust->is_in_hand = false;
    if (verdict->kind != VERDICT_FAILED && !verdict_is_late(verdict))
        trust->answered_ms = engine_trust_now_ms();
    if (trust->again) {
        trust->again = false;
        trust->step = 0;
    } else if (!self_test_judge(test, &test->at[trust->step], verdict, said)) {
        end_test(trust, false, said);
        return;
    } else {
        trust->step++;
    }
    take_step(trust);
}

/* If no slot is free, the step is retried when one is, within the deadline. */
static void take_step(struct engine_trust *trust)
{
    const struct self_test *test = trust->settings.test;
    struct timeval late = interval(trust->settings.deadline_ms);

    if (trust->step == test->n) {
        end_test(trust, true, "");
        return;
    }
    trust->test_job = (struct engine_job){
        .fd = test->at[trust->step].fd,
        .size = test->at[trust->step].size,
        .deadline_ms = trust->settings.deadline_ms,
        .done = on_tested,
        .is_test = true,
        .kind = test->at[trust->step].kind,
    };
    trust->is_in_hand = trust->inner->class->start(trust->inner, &trust->test_job);
    trust->step_ms = engine_trust_now_ms();
    if (trust->is_in_hand)
        event_del(trust->next);
    else if (!event_pending(trust->next, EV_TIMEOUT, NULL))
        event_add(trust->next, &late);
}

void engine_trust_begin(struct engine_trust *trust)
{
    if (trust->is_testing)
        return;
    event_del(trust->next);
    trust->is_testing = true;
    trust->run++;
    trust->step = 0;
    take_step(trust);
}

static void on_next(evutil_socket_t fd, short what, void *context)
{
    struct engine_trust *trust = context;

    if (!trust->is_testing)
        engine_trust_begin(trust);
    else if (trust->inner->class->is_ready(trust->inner))
        take_step(trust); /* the engine was only busy */
    else
        end_test(trust, false, "was not ready for its self test");
}

void engine_trust_stalls(struct engine_trust *trust)
{
    if (trust->proof == ENGINE_BELIEVED)
        return;
    log_text(EVENT_engine_stalls, "engine %s does not answer, not even its self test", trust->settings.name);
    trust->proof = ENGINE_UNPROVEN;
}

void engine_trust_test(struct engine *engine)
{
    struct engine_trust *trust = trust_of(engine);

    if (trust->proof == ENGINE_BELIEVED)
        return;
    trust->proof = ENGINE_UNPROVEN;
    if (!trust->is_testing)
        engine_trust_begin(trust);
    else if (trust->is_in_hand)
        trust->again = true;
    else
        trust->step = 0;
}

/* A message is slow, and no other request shows whether the engine is alive: start a test. */
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

void engine_trust_finish(struct trial *trial)
{
    struct engine_trust *trust = trial->trust;
    struct engine_job *asked = trial->asked;
    struct verdict verdict = trial->verdict;

    TAILQ_REMOVE(&trust->trials, trial, link);
    free(trial);
    if (!verdict.engine[0])
        snprintf(verdict.engine, sizeof verdict.engine, "%s", trust->settings.name);
    asked->done(asked, &verdict);
}

static void on_settle(evutil_socket_t fd, short what, void *context)
{
    struct engine_trust *trust = context;
    struct trial *trial, *next;

    for (trial = TAILQ_FIRST(&trust->trials); trial; trial = next) {
        next = TAILQ_NEXT(trial, link);
        if (trial->state == TRIAL_SETTLED)
            engine_trust_finish(trial);
    }
}

static struct trial *new_trial(struct engine_trust *trust, struct engine_job *asked, enum trial_state state)
{
    struct trial *trial = mem_alloc_zero(sizeof *trial);

    trial->job = *asked;
    trial->job.done = on_judged;
    trial->trust = trust;
    trial->asked = asked;
    trial->state = state;
    trial->began_ms = engine_trust_now_ms();
    TAILQ_INSERT_TAIL(&trust->trials, trial, link);
    return trial;
}

static bool hand_on(struct engine_trust *trust, struct engine_job *asked)
{
    struct trial *trial = new_trial(trust, asked, TRIAL_RUNNING);
    struct timeval tick = interval(trust->settings.deadline_ms / WATCH_DIVISOR + 1);

    if (!trust->inner->class->start(trust->inner, &trial->job)) {
        TAILQ_REMOVE(&trust->trials, trial, link);
        free(trial);
        return false;
    }
    if (!event_pending(trust->watch, EV_TIMEOUT, NULL))
        event_add(trust->watch, &tick);
    return true;
}

/* Messages that waited for a test get its result. Later messages start a new test: at once if the engine was
 * silent, since it may be back; after the pause if it gave a wrong verdict. */
static bool is_decided(const struct engine_trust *trust, const struct engine_job *asked)
{
    return asked->waits_for || (engine_trust_is_refuted(&trust->engine) &&
                                engine_trust_now_ms() - trust->ended_ms < trust->pause_ms);
}

static bool start(struct engine *engine, struct engine_job *asked)
{
    struct engine_trust *trust = trust_of(engine);

    if (is_believed(trust))
        return hand_on(trust, asked);
    if (trust->proof == ENGINE_REFUTED && !trust->is_testing && is_decided(trust, asked)) {
        new_trial(trust, asked, TRIAL_SETTLED);
        event_active(trust->settle, EV_TIMEOUT, 1);
        return true;
    }
    engine_trust_begin(trust);
    asked->waits_for = trust->run;
    return false;
}

/* A refuted engine answers `failed` at once. */
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

    if (trust->is_testing && !trust->is_in_hand)
        take_step(trust);
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
    event_free(trust->next);
    event_free(trust->watch);
    event_free(trust->settle);
    free(trust);
}

static const struct engine_class class = {"trust", start, is_ready, free_engine};

struct engine *engine_trust_new(struct event_base *base, struct engine *inner,
                                const struct engine_trust_settings *settings)
{
    struct engine_trust *trust = mem_alloc_zero(sizeof *trust);

    trust->engine.class = &class;
    trust->inner = inner;
    trust->base = base;
    trust->settings = *settings;
    trust->proof = settings->test->is_off ? ENGINE_BELIEVED : ENGINE_UNPROVEN;
    trust->is_tried = settings->test->is_off;
    trust->answered_ms = engine_trust_now_ms();
    TAILQ_INIT(&trust->trials);
    trust->next = evtimer_new(base, on_next, trust);
    trust->watch = event_new(base, -1, EV_PERSIST, on_watch, trust);
    trust->settle = event_new(base, -1, 0, on_settle, trust);
    inner->slot_free = on_slot_free;
    inner->context = trust;
    if (!settings->test->is_off)
        event_active(trust->next, EV_TIMEOUT, 1);
    return &trust->engine;
}

bool engine_trust_is_tried(const struct engine *trust)
{
    return ((const struct engine_trust *)trust)->is_tried;
}

bool engine_trust_is_refuted(const struct engine *engine)
{
    const struct engine_trust *trust = (const struct engine_trust *)engine;

    return trust->proof == ENGINE_REFUTED && self_test_is_wrong_verdict(trust->said);
}

void engine_trust_describe(const struct engine *engine, struct engine_state *state)
{
    const struct engine_trust *trust = (const struct engine_trust *)engine;

    state->is_ready = is_believed(trust) && trust->inner->class->is_ready(trust->inner);
    state->proof = (uint8_t)trust->proof;
    memcpy(state->said, trust->said, sizeof state->said);
}
