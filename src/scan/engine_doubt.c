#include "scan/engine_trust_internal.h"

#include "base/buf.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

void engine_doubt_finish(struct trial *trial)
{
    struct engine_trust *trust = trial->trust;
    struct engine_job *caller_job = trial->caller_job;
    struct verdict verdict = trial->verdict;

    TAILQ_REMOVE(&trust->trials, trial, link);
    free(trial);
    if (!verdict.engine[0])
        snprintf(verdict.engine, sizeof verdict.engine, "%s", trust->settings.name);
    caller_job->done(caller_job, &verdict);
}

static void fail(struct trial *trial)
{
    trial->verdict = (struct verdict){.kind = VERDICT_FAILED};
    engine_doubt_finish(trial);
}

static bool is_answer(const struct verdict *verdict)
{
    return verdict->kind != VERDICT_FAILED && !verdict_is_late(verdict);
}

/* Makes the verdict wait for the end of a test. After a failure, only a test that begins later counts.
 * Otherwise a running test counts, too. */
static void make_doubtful(struct trial *trial)
{
    struct engine_trust *trust = trial->trust;
    bool is_next = !trust->is_testing || trial->verdict.kind == VERDICT_FAILED;

    trial->state = TRIAL_DOUBTFUL;
    trial->decided_by = trust->run + is_next;
    engine_trust_begin(trust);
}

static bool answered_others(const struct engine_trust *trust, uint64_t now)
{
    return trust->answered_ms && now - trust->answered_ms <= trust->settings.deadline_ms / 2;
}

/* Has the engine also left a test step unanswered, for a quarter of the deadline? */
static bool is_stalling(const struct engine_trust *trust, uint64_t now)
{
    return trust->is_step_running && now - trust->step_ms >= trust->settings.deadline_ms / 4;
}

static void judge_late(struct trial *trial)
{
    struct engine_trust *trust = trial->trust;
    uint64_t now = engine_trust_now_ms();

    if (answered_others(trust, now)) {
        engine_doubt_finish(trial);
    } else if (is_stalling(trust, now)) {
        engine_trust_note_stall(trust);
        fail(trial);
    } else {
        make_doubtful(trial);
    }
}

void engine_doubt_judge(struct trial *trial, const struct verdict *verdict)
{
    struct engine_trust *trust = trial->trust;
    bool is_believed = trust->proof == ENGINE_PROVEN || trust->proof == ENGINE_BELIEVED;

    trial->verdict = *verdict;
    if (is_answer(verdict))
        trust->answered_ms = engine_trust_now_ms();
    if (verdict->kind == VERDICT_INFECTED || (is_believed && is_answer(verdict)) ||
        (trial->job.is_try && verdict_is_late(verdict)) || trial->job.is_unwanted)
        engine_doubt_finish(trial);
    else if (verdict_is_late(verdict) && is_believed)
        judge_late(trial);
    else
        make_doubtful(trial);
}

/* Counts the failure. A message that cannot be read is not counted, and remains `failed`. */
static void on_hashed(void *context, const struct digest *digest)
{
    struct trial *trial = context;
    struct engine_trust *trust = trial->trust;

    trial->hash = NULL;
    if (digest && give_up_note(&trust->give_up, trial->job.kind, digest, engine_trust_now_ms(),
                               trust->settings.give_up_ms)) {
        log_text(EVENT_engine_gives_up,
                 "engine %s fails repeatedly for one message but passes its self test: the message is "
                 "unscannable (engine)",
                 trust->settings.name);
        verdict_set(&trial->verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_ENGINE, SPAN("engine-failed"));
    }
    engine_doubt_finish(trial);
}

static void settle_trial(struct trial *trial, bool is_passed)
{
    if (!is_passed || verdict_is_untried(&trial->verdict)) {
        fail(trial);
    } else if (trial->verdict.kind == VERDICT_FAILED) {
        trial->state = TRIAL_HASHING;
        trial->hash =
            message_hash_start(trial->trust->base, trial->job.fd, trial->job.size, on_hashed, trial);
    } else {
        engine_doubt_finish(trial);
    }
}

void engine_doubt_settle(struct engine_trust *trust, bool is_passed)
{
    struct trial *trial, *next;

    for (trial = TAILQ_FIRST(&trust->trials); trial; trial = next) {
        next = TAILQ_NEXT(trial, link);
        if (trial->state == TRIAL_DOUBTFUL && trial->decided_by <= trust->run)
            settle_trial(trial, is_passed);
    }
}

bool engine_doubt_is_any(const struct engine_trust *trust)
{
    struct trial *trial;

    TAILQ_FOREACH(trial, &trust->trials, link)
    if (trial->state == TRIAL_DOUBTFUL)
        return true;
    return false;
}
