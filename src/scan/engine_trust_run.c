/* Runs the self test of an engine, step by step, and waits between the runs. */

#include "scan/engine_trust_internal.h"

#include "base/log.h"

#include <stdio.h>
#include <time.h>

enum {
    RETEST_MS = 30 * 60 * 1000,
    PAUSE_FIRST_MS = 1000,
    PAUSE_MAX_MS = 60000,
};

uint64_t engine_trust_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct timeval engine_trust_interval(uint64_t ms)
{
    return (struct timeval){(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};
}

static void log_outcome(const struct engine_trust *trust, bool is_passed, const char *failure)
{
    bool is_news = strcmp(failure, trust->failure) != 0 || (is_passed && trust->proof != ENGINE_PROVEN);
    struct log_line line;

    log_begin_at(&line,
                 !is_news    ? LOG_LEVEL_DEBUG
                 : is_passed ? LOG_LEVEL_INFO
                             : LOG_LEVEL_ERROR,
                 EVENT_self_test);
    log_string(&line, "engine", trust->settings.name);
    log_string(&line, "result", is_passed ? "passed" : "failed");
    if (!is_passed)
        log_string(&line, "text", failure);
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

static void end_test(struct engine_trust *trust, bool is_passed, const char *failure)
{
    struct timeval next = engine_trust_interval(pause_after(trust, is_passed));

    log_outcome(trust, is_passed, failure);
    snprintf(trust->failure, sizeof trust->failure, "%s", failure);
    trust->is_testing = false;
    trust->ended_ms = engine_trust_now_ms();
    conclude(trust, is_passed);
    if (trust->proof == ENGINE_BELIEVED)
        event_del(trust->next_test);
    else
        event_add(trust->next_test, &next);
    trust->run_ended(trust, is_passed);
}

static void on_tested(struct engine_job *job, const struct verdict *verdict)
{
    struct engine_trust *trust =
        (struct engine_trust *)((char *)job - offsetof(struct engine_trust, test_job));
    const struct self_test *test = trust->settings.test;
    char failure[SELF_TEST_FAILURE_SIZE];

    trust->is_step_running = false;
    if (verdict->kind != VERDICT_FAILED && !verdict_is_late(verdict))
        trust->answered_ms = engine_trust_now_ms();
    if (trust->is_restart_due) {
        trust->is_restart_due = false;
        trust->step = 0;
    } else if (!self_test_judge(test, &test->at[trust->step], verdict, failure)) {
        end_test(trust, false, failure);
        return;
    } else {
        trust->step++;
    }
    engine_trust_step(trust);
}

void engine_trust_step(struct engine_trust *trust)
{
    const struct self_test *test = trust->settings.test;
    struct timeval late = engine_trust_interval(trust->settings.deadline_ms);

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
    trust->is_step_running = trust->inner->class->start(trust->inner, &trust->test_job);
    trust->step_ms = engine_trust_now_ms();
    if (trust->is_step_running)
        event_del(trust->next_test);
    else if (!event_pending(trust->next_test, EV_TIMEOUT, NULL))
        event_add(trust->next_test, &late);
}

void engine_trust_begin(struct engine_trust *trust)
{
    if (trust->is_testing)
        return;
    event_del(trust->next_test);
    trust->is_testing = true;
    trust->run++;
    trust->step = 0;
    engine_trust_step(trust);
}

void engine_trust_on_next_test(evutil_socket_t fd, short what, void *context)
{
    struct engine_trust *trust = context;

    if (!trust->is_testing)
        engine_trust_begin(trust);
    else if (trust->inner->class->is_ready(trust->inner))
        engine_trust_step(trust); /* the engine was only busy */
    else
        end_test(trust, false, "was not ready for its self test");
}

void engine_trust_note_stall(struct engine_trust *trust)
{
    if (trust->proof == ENGINE_BELIEVED)
        return;
    log_text(EVENT_engine_stalls, "engine %s does not answer, not even its self test", trust->settings.name);
    trust->proof = ENGINE_UNPROVEN;
}
