#include "core/liveness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* Asks once, then ticks up to `most` times without an answer; the process uses `cpu_ms` per second. Returns
 * the number of ticks until it counted as hung; `most` if it never did. */
static unsigned silent_until_hung(char state, uint64_t cpu_ms, bool is_ready, unsigned most)
{
    struct liveness process = {0};
    struct liveness_sample look = {'S', 0};

    assert_int_equal(liveness_tick(&process, &look, is_ready, LIVENESS_SILENT_S), LIVENESS_FINE);
    look.state = state;
    for (unsigned i = 0; i < most; i++, look.cpu_ms += cpu_ms)
        if (liveness_tick(&process, &look, is_ready, LIVENESS_SILENT_S) == LIVENESS_HUNG)
            return i + 1;
    return most;
}

enum { LONG = 10000 };

static void what_sleeps_or_is_stopped_and_does_not_answer_is_hung(void **state)
{
    assert_int_equal(silent_until_hung('S', 0, true, LONG), LIVENESS_SILENT_S);
    assert_int_equal(silent_until_hung('T', 0, true, LONG), LIVENESS_SILENT_S);
    assert_in_range((LIVENESS_SILENT_S + 2) * LIVENESS_TICK_MS, 1, 10000);
}

static void what_computes_is_hung_when_it_had_the_time_to_answer(void **state)
{
    assert_int_equal(silent_until_hung('R', 1000, true, LONG), LIVENESS_SILENT_S);
    /* A starved process: it gets a tenth of a processor. */
    assert_int_equal(silent_until_hung('R', 100, true, LONG), LIVENESS_LOOP_MS / 100 + 1);
    assert_int_equal(silent_until_hung('R', 0, true, LONG), LONG);
}

static void who_waits_for_a_disk_or_is_held_by_a_debugger_is_let_alone(void **state)
{
    assert_int_equal(silent_until_hung('D', 0, true, LONG), LONG);
    assert_int_equal(silent_until_hung('t', 0, true, LONG), LONG);
    assert_int_equal(silent_until_hung('Z', 0, true, LONG), LONG);
}

static void of_what_nothing_is_known_more_patience_is_had(void **state)
{
    assert_int_equal(silent_until_hung(0, 0, true, LONG), LIVENESS_SILENT_S * LIVENESS_UNKNOWN_FACTOR);
}

static void what_loads_is_let_alone_unless_it_is_stopped(void **state)
{
    assert_int_equal(silent_until_hung('R', 1000, false, LONG), LONG);
    assert_int_equal(silent_until_hung('S', 0, false, LONG), LONG);
    assert_int_equal(silent_until_hung('T', 0, false, LONG), LIVENESS_SILENT_S);
}

static void an_answer_begins_it_anew(void **state)
{
    struct liveness process = {0};
    const struct liveness_sample look = {'S', 0};

    assert_false(liveness_answered(&process));
    for (int round = 0; round < 3; round++) {
        assert_int_equal(liveness_tick(&process, &look, true, LIVENESS_SILENT_S), LIVENESS_FINE);
        for (int i = 0; i < LIVENESS_SILENT_S - 1; i++)
            assert_int_equal(liveness_tick(&process, &look, true, LIVENESS_SILENT_S), LIVENESS_SILENT);
        assert_true(liveness_answered(&process));
        assert_false(liveness_answered(&process));
    }
}

static void work_between_waits_for_the_disk_is_honest(void **state)
{
    struct liveness process = {0};
    struct liveness_sample look = {'S', 0};

    assert_int_equal(liveness_tick(&process, &look, true, LIVENESS_SILENT_S), LIVENESS_FINE);
    for (int i = 0; i < LONG; i++, look.cpu_ms += i % 40 ? 0 : 10) {
        look.state = i % 40 ? 'D' : 'R';
        assert_int_equal(liveness_tick(&process, &look, true, LIVENESS_SILENT_S), LIVENESS_SILENT);
    }
}

static void who_was_stopped_himself_accuses_nobody(void **state)
{
    assert_false(liveness_is_late(0, 1000000));
    assert_false(liveness_is_late(1000, 2100));
    assert_true(liveness_is_late(1000, 1000 + LIVENESS_LATE_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_sleeps_or_is_stopped_and_does_not_answer_is_hung),
        cmocka_unit_test(what_computes_is_hung_when_it_had_the_time_to_answer),
        cmocka_unit_test(who_waits_for_a_disk_or_is_held_by_a_debugger_is_let_alone),
        cmocka_unit_test(of_what_nothing_is_known_more_patience_is_had),
        cmocka_unit_test(what_loads_is_let_alone_unless_it_is_stopped),
        cmocka_unit_test(an_answer_begins_it_anew),
        cmocka_unit_test(work_between_waits_for_the_disk_is_honest),
        cmocka_unit_test(who_was_stopped_himself_accuses_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
