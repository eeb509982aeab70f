#include "tests/unit/scan/queue_lab.h"

#include "scan/engine_none.h"

#include <fcntl.h>

static void answers_one_message_and_closes_it(void **state)
{
    struct scan_queue *queue = begin(1, 1000);
    int fd = add(queue, &owner, 5, 1, 10);

    turn();
    answer(&fakes[0], VERDICT_CLEAN, UNSCANNABLE_NONE, "");
    assert_int_equal(answered, 1);
    assert_int_equal(verdicts[5].kind, VERDICT_CLEAN);
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

static void withdraws_what_waits_at_once_and_what_runs_when_the_engine_has_ended(void **state)
{
    struct scan_queue *queue = begin(1, 1000);
    int running, waiting;

    running = add(queue, &withdrawn[0], 0, 1, 1);
    turn();
    waiting = add(queue, &withdrawn[1], 1, 1, 2);
    add(queue, &owner, 2, 1, 3);
    assert_true(scan_queue_withdraw(queue, &withdrawn[0]));
    assert_false(scan_queue_withdraw(queue, &withdrawn[1]));
    assert_false(scan_queue_withdraw(queue, &withdrawn[1]));
    assert_int_equal(fcntl(waiting, F_GETFD), -1);
    assert_true(fcntl(running, F_GETFD) >= 0); /* the engine still has it */
    assert_int_equal(answered, 0);
    answer(&fakes[0], VERDICT_CLEAN, UNSCANNABLE_NONE, "");
    assert_int_equal(fcntl(running, F_GETFD), -1);
    assert_int_equal(answered, 1);
    assert_int_equal(verdicts[0].kind, VERDICT_FAILED);
    answer_all_clean(&fakes[0]);
    assert_int_equal(answered, 2);
    assert_int_equal(verdicts[2].kind, VERDICT_CLEAN);
    end(queue);
}

/* Of a message with two engines, one has begun. */
static void stops_only_what_an_engine_is_scanning(void **state)
{
    struct scan_queue *queue = begin(2, 1000);

    fakes[1].ready = false;
    add(queue, &withdrawn[0], 0, 1, 11);
    assert_false(scan_queue_has_begun(queue, &withdrawn[0]));
    turn();
    add(queue, &withdrawn[1], 1, 1, 12);
    assert_true(scan_queue_has_begun(queue, &withdrawn[0]));
    assert_false(scan_queue_has_begun(queue, &withdrawn[1]));
    assert_false(scan_queue_has_begun(queue, &owner));
    assert_true(scan_queue_withdraw(queue, &withdrawn[0]));
    assert_false(scan_queue_withdraw(queue, &withdrawn[1]));
    assert_int_equal(fakes[0].stopped_count, 1);
    assert_int_equal(fakes[0].stopped[0], 11);
    assert_true(fakes[0].jobs[0]->is_unwanted);
    assert_int_equal(fakes[1].stopped_count, 0);
    answer(&fakes[0], VERDICT_CLEAN, UNSCANNABLE_NONE, "");
    assert_int_equal(answered, 1);
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
        cmocka_unit_test(returns_the_worst_verdict),
        cmocka_unit_test(fails_messages_that_wait_too_long_for_an_unavailable_engine),
        cmocka_unit_test(waits_without_limit_for_a_busy_engine),
        cmocka_unit_test(starts_waiting_messages_when_the_engine_is_available_again),
        cmocka_unit_test(withdraws_what_waits_at_once_and_what_runs_when_the_engine_has_ended),
        cmocka_unit_test(stops_only_what_an_engine_is_scanning),
        cmocka_unit_test(the_engine_none_returns_clean_for_every_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
