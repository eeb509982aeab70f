#include "scan/scan_queue.h"

#include "scan/engine_none.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

/* An engine controlled by the test. */
struct fake {
    struct engine engine;
    size_t slots, busy;
    unsigned reserve;
    bool ready, can_try;
    struct engine_job *jobs[32]; /* jobs in progress */
    uint64_t order[32];          /* sizes, in the order chosen by the queue */
    size_t order_count;
};

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

static const struct engine_class class = {"fake", start, is_ready, NULL, capacity};

/* The queue's clock, in addition to the real one. */
static time_t later_s;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = __real_clock_gettime(clock, now);

    now->tv_sec += later_s;
    return result;
}

static struct event_base *base;
static struct fake fakes[2];
static struct engine *engines[2] = {&fakes[0].engine, &fakes[1].engine};
static struct verdict verdicts[32];
static size_t answered;
static int owner, other_owner;

static void on_done(void *context, void *requester, uint64_t id, const struct verdict *verdict)
{
    assert_ptr_equal(requester, &owner);
    verdicts[id] = *verdict;
    answered++;
}

static struct scan_queue *begin(size_t engine_count, uint64_t deadline_ms)
{
    base = event_base_new();
    answered = 0;
    memset(verdicts, 0xff, sizeof verdicts);
    for (size_t i = 0; i < 2; i++)
        fakes[i] = (struct fake){.engine = {.class = &class}, .slots = 1, .ready = true};
    return scan_queue_new(base, engines, engine_count, deadline_ms, on_done, NULL);
}

static void end(struct scan_queue *queue)
{
    scan_queue_free(&queue);
    assert_null(queue);
    event_base_free(base);
}

static void turn(void)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
}

static int add(struct scan_queue *queue, void *requester, uint64_t id, uint8_t client, uint64_t size)
{
    struct scan_request request = {.owner = requester, .id = id, .client = {client}};

    scan_request_set_message(&request, MESSAGE_MAIL, open("/dev/null", O_RDONLY | O_CLOEXEC), size);
    scan_queue_add(queue, &request);
    return request.objects[0].fd;
}

static void answer(struct fake *fake, enum verdict_kind kind, enum unscannable reason, const char *name)
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

static void answer_all_clean(struct fake *fake)
{
    while (fake->busy)
        answer(fake, VERDICT_CLEAN, UNSCANNABLE_NONE, "");
}

static void answers_one_message_and_closes_it(void **state)
{
    struct scan_queue *queue = begin(1, 1000);
    int fd = add(queue, &owner, 5, 1, 10);

    assert_int_equal(scan_queue_length(queue), 1);
    turn();
    answer(&fakes[0], VERDICT_CLEAN, UNSCANNABLE_NONE, "");
    assert_int_equal(answered, 1);
    assert_int_equal(verdicts[5].kind, VERDICT_CLEAN);
    assert_int_equal(scan_queue_length(queue), 0);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    end(queue);
}

static void serves_the_clients_in_turn(void **state)
{
    struct scan_queue *queue = begin(1, 1000);

    for (uint64_t i = 0; i < 6; i++)
        add(queue, &owner, i, 1, 100 + i);
    turn(); /* client 1 has the slot and five more waiting when the others come */
    add(queue, &owner, 6, 2, 201);
    add(queue, &owner, 7, 3, 301);
    add(queue, &owner, 8, 2, 202);
    answer_all_clean(&fakes[0]);
    assert_int_equal(fakes[0].order_count, 9);
    assert_int_equal(fakes[0].order[0], 100);
    assert_int_equal(fakes[0].order[1], 201);
    assert_int_equal(fakes[0].order[2], 301);
    assert_int_equal(fakes[0].order[3], 101);
    assert_int_equal(fakes[0].order[4], 202);
    assert_int_equal(fakes[0].order[5], 102);
    end(queue);
}

static void gives_a_free_slot_to_the_client_with_the_fewest_in_progress(void **state)
{
    struct scan_queue *queue = begin(1, 1000);

    fakes[0].slots = 2;
    add(queue, &owner, 0, 1, 100);
    add(queue, &owner, 1, 1, 101);
    add(queue, &owner, 2, 1, 102);
    turn(); /* both slots serve client 1 */
    add(queue, &owner, 3, 2, 200);
    answer(&fakes[0], VERDICT_CLEAN, UNSCANNABLE_NONE, "");
    assert_int_equal(fakes[0].order[2], 200);
    answer_all_clean(&fakes[0]);
    end(queue);
}

static void takes_small_messages_first_but_not_for_ever(void **state)
{
    struct scan_queue *queue = begin(1, 1000);

    add(queue, &owner, 0, 1, 1000);
    add(queue, &owner, 1, 1, 5000);
    for (uint64_t i = 0; i < 12; i++)
        add(queue, &owner, 2 + i, 1, 10 + i);
    turn();
    answer_all_clean(&fakes[0]);
    assert_int_equal(answered, 14);
    assert_int_equal(fakes[0].order[0], 10);
    assert_int_equal(fakes[0].order[7], 17);
    assert_int_equal(fakes[0].order[SCAN_QUEUE_PATIENCE], 1000);
    assert_int_equal(fakes[0].order[SCAN_QUEUE_PATIENCE + 1], 5000);
    assert_int_equal(fakes[0].order[SCAN_QUEUE_PATIENCE + 2], 18);
    end(queue);
}

static struct verdict both(enum verdict_kind a, enum verdict_kind b)
{
    struct scan_queue *queue = begin(2, 1000);

    add(queue, &owner, 0, 1, 1);
    turn();
    answer(&fakes[1], b, b == VERDICT_UNSCANNABLE ? UNSCANNABLE_LIMITS : 0, "b");
    assert_int_equal(answered, 0);
    answer(&fakes[0], a, a == VERDICT_UNSCANNABLE ? UNSCANNABLE_LIMITS : 0, "a");
    assert_int_equal(answered, 1);
    end(queue);
    return verdicts[0];
}

static void returns_the_worst_verdict(void **state)
{
    assert_int_equal(both(VERDICT_CLEAN, VERDICT_CLEAN).kind, VERDICT_CLEAN);
    assert_int_equal(both(VERDICT_CLEAN, VERDICT_FAILED).kind, VERDICT_FAILED);
    assert_int_equal(both(VERDICT_FAILED, VERDICT_CLEAN).kind, VERDICT_FAILED);
    assert_int_equal(both(VERDICT_CLEAN, VERDICT_UNSCANNABLE).kind, VERDICT_UNSCANNABLE);
    assert_int_equal(both(VERDICT_INFECTED, VERDICT_FAILED).kind, VERDICT_INFECTED);
    assert_string_equal(both(VERDICT_UNSCANNABLE, VERDICT_INFECTED).name, "b");
}

enum { BYSTANDER = 100, BOMB = 1000000 };

static struct scan_queue *begin_with_tries(void)
{
    struct scan_queue *queue = begin(1, 30000);

    fakes[0].slots = 3;
    fakes[0].reserve = 1;
    fakes[0].can_try = true;
    return queue;
}

/* Returns the job in progress of that size. */
static size_t job_of(const struct fake *fake, uint64_t size)
{
    for (size_t i = 0; i < fake->busy; i++)
        if (fake->jobs[i]->size == size)
            return i;
    return SIZE_MAX;
}

static bool is_scanning(const struct fake *fake, uint64_t size)
{
    return job_of(fake, size) != SIZE_MAX;
}

static void end_job(struct fake *fake, uint64_t size, const struct verdict *verdict)
{
    size_t i = job_of(fake, size);
    struct engine_job *job = fake->jobs[i];

    fake->jobs[i] = fake->jobs[--fake->busy];
    job->done(job, verdict);
    turn();
}

/* Ends the job at its limit. The queue's clock advances by as much. */
static void let_time_out(struct fake *fake, uint64_t size)
{
    struct verdict late = {0};

    verdict_set_late(&late);
    later_s += (time_t)(fake->jobs[job_of(fake, size)]->deadline_ms / 1000 + 1);
    end_job(fake, size, &late);
}

static void end_clean(struct fake *fake, uint64_t size)
{
    struct verdict clean = {0};

    verdict_set(&clean, VERDICT_CLEAN, UNSCANNABLE_NONE, SPAN(""));
    end_job(fake, size, &clean);
}

static void a_client_that_is_alone_is_served_without_tries_or_the_reserve(void **state)
{
    struct scan_queue *queue = begin_with_tries();

    for (uint64_t i = 0; i < 4; i++) {
        add(queue, &owner, i, 1, BOMB + i);
        turn();
    }
    assert_int_equal(fakes[0].busy, 2);
    assert_false(fakes[0].jobs[0]->is_try);
    assert_int_equal(fakes[0].jobs[0]->deadline_ms, 30000);
    add(queue, &owner, 4, 2, BYSTANDER);
    turn();
    assert_true(is_scanning(&fakes[0], BYSTANDER));
    end_clean(&fakes[0], BYSTANDER);
    assert_int_equal(fakes[0].busy, 2);
    while (fakes[0].busy)
        let_time_out(&fakes[0], fakes[0].jobs[0]->size);
    assert_int_equal(answered, 5);
    assert_int_equal(verdicts[3].reason, UNSCANNABLE_LIMITS);
    end(queue);
}

/* The two slots outside the reserve are busy for long. */
static struct scan_queue *begin_with_bombs_from(size_t clients)
{
    struct scan_queue *queue = begin_with_tries();

    for (size_t i = 0; i < clients; i++)
        add(queue, &owner, i, (uint8_t)(10 + i), BOMB + i);
    turn();
    return queue;
}

static void what_ends_no_try_waits_for_a_slot_outside_the_reserve(void **state)
{
    enum { BOMBS = 8 };
    struct scan_queue *queue = begin_with_bombs_from(BOMBS);
    size_t tries = 0;

    assert_int_equal(fakes[0].busy, 3);
    while (fakes[0].jobs[0]->is_try || fakes[0].jobs[1]->is_try || fakes[0].busy == 3) {
        size_t i = 0;

        while (!fakes[0].jobs[i]->is_try)
            i++;
        assert_in_range(fakes[0].jobs[i]->deadline_ms, 1, 500);
        let_time_out(&fakes[0], fakes[0].jobs[i]->size);
        assert_true(++tries <= 2 * BOMBS);
    }
    assert_int_equal(fakes[0].busy, 2); /* the reserve is free */
    assert_int_equal(answered, 0);
    while (fakes[0].busy)
        let_time_out(&fakes[0], fakes[0].jobs[0]->size);
    assert_int_equal(answered, BOMBS);
    end(queue);
}

static void a_new_client_waits_for_no_more_than_a_try(void **state)
{
    struct scan_queue *queue = begin_with_bombs_from(8);

    while (fakes[0].busy == 3) {
        size_t i = 0;

        while (!fakes[0].jobs[i]->is_try)
            i++;
        if (fakes[0].jobs[i]->deadline_ms > 100)
            break;
        let_time_out(&fakes[0], fakes[0].jobs[i]->size);
    }
    add(queue, &owner, 20, 99, BYSTANDER);
    turn();
    for (size_t i = 0; i < fakes[0].busy; i++)
        if (fakes[0].jobs[i]->is_try) {
            let_time_out(&fakes[0], fakes[0].jobs[i]->size);
            break;
        }
    assert_true(is_scanning(&fakes[0], BYSTANDER));
    end_clean(&fakes[0], BYSTANDER);
    while (fakes[0].busy)
        let_time_out(&fakes[0], fakes[0].jobs[0]->size);
    assert_int_equal(answered, 9);
    end(queue);
}

static void a_client_is_not_alone_while_others_are_served(void **state)
{
    struct scan_queue *queue = begin_with_tries();

    add(queue, &owner, 0, 1, BOMB);
    add(queue, &owner, 1, 1, BOMB + 1);
    turn(); /* nothing waits */
    add(queue, &owner, 2, 2, BYSTANDER);
    turn();
    assert_true(is_scanning(&fakes[0], BYSTANDER));
    assert_true(fakes[0].jobs[job_of(&fakes[0], BYSTANDER)]->is_try);
    answer_all_clean(&fakes[0]);
    end(queue);
}

/* A client that has been quick keeps its place; one that has been slow goes after newcomers. */
static void the_past_decides_between_clients(void **state)
{
    struct scan_queue *queue = begin(1, 30000);

    add(queue, &owner, 0, 1, BOMB);
    turn();
    let_time_out(&fakes[0], BOMB);
    add(queue, &owner, 1, 3, 1);
    turn();
    add(queue, &owner, 2, 1, 10);
    add(queue, &owner, 3, 2, 20);
    end_clean(&fakes[0], 1);
    assert_true(is_scanning(&fakes[0], 20));
    end_clean(&fakes[0], 20);
    assert_true(is_scanning(&fakes[0], 10));
    end_clean(&fakes[0], 10);
    add(queue, &owner, 7, 2, 30);
    turn();
    end_clean(&fakes[0], 30);
    later_s += 3600;
    add(queue, &owner, 4, 3, 1);
    turn();
    add(queue, &owner, 5, 1, 10);
    add(queue, &owner, 6, 2, 20);
    end_clean(&fakes[0], 1);
    assert_true(is_scanning(&fakes[0], 10)); /* served longer ago */
    end_clean(&fakes[0], 10);
    answer_all_clean(&fakes[0]);
    end(queue);
}

/* Without tries, the last but one free slot is for new clients, and the last for those that have been quick.
 */
static void the_reserve_is_for_clients_that_are_probably_quick(void **state)
{
    struct scan_queue *queue = begin(1, 30000);

    fakes[0].slots = 4;
    fakes[0].reserve = 2;
    add(queue, &owner, 0, 50, BYSTANDER);
    turn();
    end_clean(&fakes[0], BYSTANDER);
    for (uint64_t i = 1; i <= 3; i++)
        add(queue, &owner, i, 1, BOMB + i);
    turn();
    assert_int_equal(fakes[0].busy, 2);
    add(queue, &owner, 4, 2, BOMB + 4);
    add(queue, &owner, 5, 3, BOMB + 5);
    turn();
    assert_int_equal(fakes[0].busy, 3);
    add(queue, &owner, 6, 50, BYSTANDER);
    turn();
    assert_true(is_scanning(&fakes[0], BYSTANDER));
    end_clean(&fakes[0], BYSTANDER);
    assert_int_equal(fakes[0].busy, 3);
    answer_all_clean(&fakes[0]);
    assert_int_equal(answered, 7);
    end(queue);
}

static void a_forgotten_try_is_not_repeated(void **state)
{
    struct scan_queue *queue = begin_with_tries();
    int fd;

    add(queue, &owner, 0, 1, BOMB);
    add(queue, &owner, 1, 2, BOMB + 1);
    add(queue, &owner, 2, 3, BOMB + 2);
    fd = add(queue, &other_owner, 3, 4, BOMB + 3);
    turn();
    while (!is_scanning(&fakes[0], BOMB + 3))
        let_time_out(&fakes[0], fakes[0].jobs[0]->size);
    scan_queue_forget(queue, &other_owner);
    let_time_out(&fakes[0], BOMB + 3);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    while (fakes[0].busy)
        let_time_out(&fakes[0], fakes[0].jobs[0]->size);
    assert_int_equal(answered, 3);
    end(queue);
}

static void fails_messages_that_wait_too_long_for_an_unavailable_engine(void **state)
{
    struct scan_queue *queue = begin(2, 60);
    size_t turns = 0;

    fakes[1].ready = false;
    add(queue, &owner, 0, 1, 1);
    turn();
    answer(&fakes[0], VERDICT_CLEAN, UNSCANNABLE_NONE, "");
    while (!answered && ++turns < 100)
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(answered, 1);
    assert_int_equal(verdicts[0].kind, VERDICT_FAILED);
    end(queue);
}

static void waits_without_limit_for_a_busy_engine(void **state)
{
    struct scan_queue *queue = begin(1, 20);

    add(queue, &owner, 0, 1, 1);
    add(queue, &owner, 1, 1, 1);
    for (size_t i = 0; i < 12; i++)
        event_base_loop(base, EVLOOP_ONCE); /* ticks of 6 ms */
    assert_int_equal(answered, 0);
    answer_all_clean(&fakes[0]);
    assert_int_equal(answered, 2);
    assert_int_equal(verdicts[1].kind, VERDICT_CLEAN);
    end(queue);
}

static void starts_waiting_messages_when_the_engine_is_available_again(void **state)
{
    struct scan_queue *queue = begin(1, 5000);

    fakes[0].ready = false;
    add(queue, &owner, 0, 1, 1);
    turn();
    assert_int_equal(fakes[0].busy, 0);
    fakes[0].ready = true;
    engine_notify_slot_free(&fakes[0].engine);
    turn();
    answer_all_clean(&fakes[0]);
    assert_int_equal(verdicts[0].kind, VERDICT_CLEAN);
    end(queue);
}

static void forgets_the_requests_of_an_owner_that_is_gone(void **state)
{
    struct scan_queue *queue = begin(1, 1000);
    int running, waiting;

    running = add(queue, &other_owner, 0, 1, 1);
    turn();
    waiting = add(queue, &other_owner, 1, 1, 2);
    add(queue, &owner, 2, 1, 3);
    scan_queue_forget(queue, &other_owner);
    assert_int_equal(fcntl(waiting, F_GETFD), -1);
    assert_true(fcntl(running, F_GETFD) >= 0); /* the engine still has it */
    answer(&fakes[0], VERDICT_CLEAN, UNSCANNABLE_NONE, "");
    assert_int_equal(fcntl(running, F_GETFD), -1);
    assert_int_equal(answered, 0);
    answer_all_clean(&fakes[0]);
    assert_int_equal(answered, 1);
    assert_int_equal(scan_queue_length(queue), 0);
    end(queue);
}

static void the_engine_none_returns_clean_for_every_message(void **state)
{
    struct event_base *none_base = event_base_new();
    struct engine *none = engine_none_new(none_base);
    struct scan_queue *queue = scan_queue_new(none_base, &none, 1, 1000, on_done, NULL);

    answered = 0;
    for (uint64_t i = 0; i < 3; i++)
        add(queue, &owner, i, 1, 1);
    for (size_t i = 0; i < 20 && answered < 3; i++)
        event_base_loop(none_base, EVLOOP_NONBLOCK);
    assert_int_equal(answered, 3);
    assert_int_equal(verdicts[2].kind, VERDICT_CLEAN);
    assert_string_equal(verdicts[2].engine, "none");
    engine_free(&none);
    scan_queue_free(&queue);
    event_base_free(none_base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_one_message_and_closes_it),
        cmocka_unit_test(serves_the_clients_in_turn),
        cmocka_unit_test(gives_a_free_slot_to_the_client_with_the_fewest_in_progress),
        cmocka_unit_test(takes_small_messages_first_but_not_for_ever),
        cmocka_unit_test(a_client_that_is_alone_is_served_without_tries_or_the_reserve),
        cmocka_unit_test(what_ends_no_try_waits_for_a_slot_outside_the_reserve),
        cmocka_unit_test(a_new_client_waits_for_no_more_than_a_try),
        cmocka_unit_test(a_client_is_not_alone_while_others_are_served),
        cmocka_unit_test(the_past_decides_between_clients),
        cmocka_unit_test(the_reserve_is_for_clients_that_are_probably_quick),
        cmocka_unit_test(a_forgotten_try_is_not_repeated),
        cmocka_unit_test(returns_the_worst_verdict),
        cmocka_unit_test(fails_messages_that_wait_too_long_for_an_unavailable_engine),
        cmocka_unit_test(waits_without_limit_for_a_busy_engine),
        cmocka_unit_test(starts_waiting_messages_when_the_engine_is_available_again),
        cmocka_unit_test(forgets_the_requests_of_an_owner_that_is_gone),
        cmocka_unit_test(the_engine_none_returns_clean_for_every_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
