#include "proc/parent/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void normally_restarts_at_once(void **state)
{
    struct backoff backoff = {0};

    for (uint64_t now_ms = 5000; now_ms < 500000; now_ms += 3000)
        assert_int_equal(backoff_died(&backoff, now_ms - 3000, now_ms), 0);
}

static void pauses_after_five_deaths_in_ten_seconds(void **state)
{
    struct backoff backoff = {0};
    uint64_t now_ms = 1000000;

    for (int i = 0; i < 4; i++)
        assert_int_equal(backoff_died(&backoff, now_ms, now_ms + 1), 0);
    assert_int_equal(backoff_died(&backoff, now_ms, now_ms + 9999), BACKOFF_FIRST_MS);
}

static void doubles_the_pause_up_to_its_bound(void **state)
{
    struct backoff backoff = {0};
    uint64_t now_ms = 1000000, pause_ms = 0, before_ms = 0;

    for (int i = 0; i < 20; i++) {
        before_ms = pause_ms;
        pause_ms = backoff_died(&backoff, now_ms, now_ms + 100);
        if (before_ms && before_ms < BACKOFF_MAX_MS / 2)
            assert_int_equal(pause_ms, before_ms * 2);
        now_ms += 100 + pause_ms;
    }
    assert_int_equal(pause_ms, BACKOFF_MAX_MS);
}

static void forgets_the_deaths_of_a_process_that_has_lived_long_enough(void **state)
{
    struct backoff backoff = {0};
    uint64_t now_ms = 1000000;

    for (int i = 0; i < 7; i++)
        backoff_died(&backoff, now_ms, now_ms);
    assert_int_equal(backoff_died(&backoff, now_ms, now_ms + BACKOFF_SPAN_MS), 0);
    assert_int_equal(backoff_died(&backoff, now_ms + BACKOFF_SPAN_MS, now_ms + BACKOFF_SPAN_MS + 10), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normally_restarts_at_once),
        cmocka_unit_test(pauses_after_five_deaths_in_ten_seconds),
        cmocka_unit_test(doubles_the_pause_up_to_its_bound),
        cmocka_unit_test(forgets_the_deaths_of_a_process_that_has_lived_long_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
