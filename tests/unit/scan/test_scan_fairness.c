#include "tests/unit/scan/queue_lab.h"

#include <fcntl.h>

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

static void a_withdrawn_try_is_not_repeated(void **state)
{
    struct scan_queue *queue = begin_with_tries();
    int fd;

    add(queue, &owner, 0, 1, BOMB);
    add(queue, &owner, 1, 2, BOMB + 1);
    add(queue, &owner, 2, 3, BOMB + 2);
    fd = add(queue, &withdrawn[0], 3, 4, BOMB + 3);
    turn();
    while (!is_scanning(&fakes[0], BOMB + 3))
        let_time_out(&fakes[0], fakes[0].jobs[0]->size);
    assert_true(scan_queue_withdraw(queue, &withdrawn[0]));
    let_time_out(&fakes[0], BOMB + 3);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    while (fakes[0].busy)
        let_time_out(&fakes[0], fakes[0].jobs[0]->size);
    assert_int_equal(answered, 4);
    end(queue);
}

/* A client whose scans all end at a limit has not shown that it is quick. */
static void a_stopped_scan_counts_but_gives_no_access_to_the_last_slot(void **state)
{
    struct scan_queue *queue = begin(1, 30000);
    struct verdict late = {0};

    verdict_set_late(&late);
    fakes[0].slots = 3;
    fakes[0].reserve = 2;
    add(queue, &withdrawn[0], 0, 1, BOMB);
    turn();
    assert_true(scan_queue_withdraw(queue, &withdrawn[0]));
    end_job(&fakes[0], BOMB, &late);
    add(queue, &owner, 1, 2, BOMB + 1);
    turn();
    add(queue, &owner, 2, 3, BOMB + 2);
    turn();
    add(queue, &owner, 3, 1, BOMB + 3);
    turn();
    assert_int_equal(fakes[0].busy, 2);
    later_s += 3;
    scan_queue_withdraw(queue, &owner);
    end_job(&fakes[0], BOMB + 1, &late);
    add(queue, &owner, 4, 4, BYSTANDER);
    end_job(&fakes[0], BOMB + 2, &late);
    assert_true(
        is_scanning(&fakes[0], BYSTANDER)); /* before client 2, which waits for longer but has cost 3 s */
    answer_all_clean(&fakes[0]);
    end(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_is_alone_is_served_without_tries_or_the_reserve),
        cmocka_unit_test(what_ends_no_try_waits_for_a_slot_outside_the_reserve),
        cmocka_unit_test(a_new_client_waits_for_no_more_than_a_try),
        cmocka_unit_test(a_client_is_not_alone_while_others_are_served),
        cmocka_unit_test(the_past_decides_between_clients),
        cmocka_unit_test(the_reserve_is_for_clients_that_are_probably_quick),
        cmocka_unit_test(a_withdrawn_try_is_not_repeated),
        cmocka_unit_test(a_stopped_scan_counts_but_gives_no_access_to_the_last_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
