/* Ages while the wall clock is wrong: no battery, NTP, mistakes, suspend, reboots. */
#include "base/age.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S };

static const int64_t built_s = 1795478400, today_s = 1800000000;
static const char first[] = "11111111-0000-4000-8000-000000000000",
                  second[] = "22222222-0000-4000-8000-000000000000";

static struct age_stamp at(const char *boot, int64_t boottime_s, int64_t wall_s)
{
    struct age_stamp stamp = {.wall_s = wall_s, .mark.boottime_s = boottime_s};

    memcpy(stamp.mark.boot, boot, strlen(boot) + 1);
    return stamp;
}

static bool look(struct age_clock *clock, struct age_stamp now, bool is_kept)
{
    clock->earliest_s = built_s;
    return age_clock_read(clock, &now, is_kept);
}

/* Something is recorded in 1970; a minute later NTP sets the clock. */
static void a_boot_in_1970_ages_nothing(void **state)
{
    struct age_clock clock = {0};
    struct age_stamp stored = at(first, 30, 30);

    assert_false(look(&clock, stored, false));
    assert_false(age_clock_is_settled(&clock));
    assert_true(look(&clock, at(first, 90, today_s), true));
    assert_int_equal(clock.set_by_s, today_s - 90);
    assert_true(age_is_certain(&clock, &stored));
    assert_int_equal(age_at_least(&clock, &stored), 60);
    assert_true(age_correct(&clock, &stored));
    assert_int_equal(stored.wall_s, today_s - 60);
    assert_false(age_correct(&clock, &stored));
}

static void days_ahead_by_mistake_and_back_leave_the_age_as_it_is(void **state)
{
    struct age_clock clock = {0};
    struct age_stamp stored = at(first, 5000, today_s);

    look(&clock, stored, true);
    assert_true(look(&clock, at(first, 5060, today_s + 400 * (int64_t)DAY_S + 60), false));
    assert_int_equal(age_at_least(&clock, &stored), 60);
    assert_true(age_correct(&clock, &stored));
    assert_int_equal(stored.wall_s, today_s + 400 * (int64_t)DAY_S);
    assert_true(look(&clock, at(first, 5120, today_s + 120), true));
    assert_int_equal(clock.set_by_s, -400 * (int64_t)DAY_S);
    assert_int_equal(age_at_least(&clock, &stored), 120);
    assert_true(age_correct(&clock, &stored));
    assert_int_equal(stored.wall_s, today_s);
}

/* Only the wall clock is known, so its step is waited out. */
static void what_an_earlier_boot_recorded_ages_by_a_settled_clock_only(void **state)
{
    struct age_stamp stored = at(first, 77, today_s);
    struct age_clock clock = {0};
    const int64_t ahead_s = today_s + 400 * (int64_t)DAY_S;

    look(&clock, at(second, 50, today_s + HOUR_S), true);
    assert_int_equal(age_at_least(&clock, &stored), HOUR_S);
    look(&clock, at(second, 60, ahead_s + 60), true);
    assert_false(age_is_certain(&clock, &stored));
    assert_int_equal(age_at_least(&clock, &stored), 60);
    look(&clock, at(second, 59 + HOUR_S, ahead_s + 59 + HOUR_S), true);
    assert_int_equal(age_at_least(&clock, &stored), 59 + HOUR_S);
    look(&clock, at(second, 60 + HOUR_S, ahead_s + 60 + HOUR_S), true);
    assert_true(age_is_certain(&clock, &stored));
    assert_int_equal(age_at_least(&clock, &stored), 400 * (int64_t)DAY_S + 60 + HOUR_S);
}

static void a_clock_that_nobody_keeps_is_doubted_for_a_day_after_it_was_set(void **state)
{
    struct age_clock clock = {0};

    look(&clock, at(first, 2 * HOUR_S, today_s), false);
    look(&clock, at(first, 4 * HOUR_S, today_s + 2 * HOUR_S), false);
    assert_true(age_clock_is_settled(&clock));
    look(&clock, at(first, 4 * HOUR_S + 60, today_s + 400 * (int64_t)DAY_S), false);
    look(&clock, at(first, 4 * HOUR_S + 59 + DAY_S, today_s + 401 * (int64_t)DAY_S - 1), false);
    assert_false(age_clock_is_settled(&clock));
    look(&clock, at(first, 4 * HOUR_S + 60 + DAY_S, today_s + 401 * (int64_t)DAY_S), false);
    assert_true(age_clock_is_settled(&clock));
}

static void after_a_boot_without_a_kept_clock_an_hour_passes(void **state)
{
    struct age_stamp stored = at(first, 77, today_s);
    struct age_clock clock = {0};

    look(&clock, at(second, 20, today_s + 30 * (int64_t)DAY_S), false);
    assert_int_equal(age_at_least(&clock, &stored), 20);
    look(&clock, at(second, 20 + HOUR_S - 1, today_s + 30 * (int64_t)DAY_S + HOUR_S - 1), false);
    assert_false(age_is_certain(&clock, &stored));
    look(&clock, at(second, 20 + HOUR_S, today_s + 30 * (int64_t)DAY_S + HOUR_S), false);
    assert_int_equal(age_at_least(&clock, &stored), 30 * (int64_t)DAY_S + HOUR_S);
}

/* The clock was set before the observation began; the kernel then does not report it as synchronised. */
static void an_observation_that_begins_with_an_unsynchronised_clock_waits_too(void **state)
{
    struct age_stamp stored = at(first, 77, today_s);
    struct age_clock clock = {0};

    look(&clock, at(second, DAY_S, today_s + 400 * (int64_t)DAY_S), false);
    assert_int_equal(age_at_least(&clock, &stored), DAY_S);
    look(&clock, at(second, DAY_S + 60, today_s + 400 * (int64_t)DAY_S + 60), true);
    assert_true(age_is_certain(&clock, &stored));
}

/* A machine without any clock still expires what is older than this boot. */
static void an_earlier_boot_is_at_least_as_long_ago_as_this_one(void **state)
{
    struct age_stamp stored = at(first, 77, 77);
    struct age_clock clock = {0};

    look(&clock, at(second, 91 * (int64_t)DAY_S, 91 * (int64_t)DAY_S), false);
    assert_int_equal(age_at_least(&clock, &stored), 91 * (int64_t)DAY_S);
}

static void suspend_counts(void **state)
{
    struct age_stamp stored = at(first, 100, today_s);
    struct age_clock clock = {0};

    look(&clock, stored, true);
    assert_false(look(&clock, at(first, 100 + 3 * DAY_S, today_s + 3 * DAY_S), true));
    assert_int_equal(age_at_least(&clock, &stored), 3 * DAY_S);
}

static void a_leap_second_is_no_step(void **state)
{
    struct age_stamp stored = at(first, 100, today_s);
    struct age_clock clock = {0};

    look(&clock, stored, true);
    assert_false(look(&clock, at(first, 160, today_s + 59), true));
    assert_false(look(&clock, at(first, 220, today_s + 121), true));
    assert_true(look(&clock, at(first, 280, today_s + 184), true));
}

/* Recorded in 1970; the machine was shut down before its clock was set. */
static void a_time_that_cannot_be_counts_from_when_the_clock_is_right(void **state)
{
    struct age_stamp stored = at(first, 30, 30), ahead = at(first, 30, today_s + 400 * (int64_t)DAY_S);
    struct age_clock clock = {0};

    look(&clock, at(second, 30, 30), false);
    assert_false(age_correct(&clock, &stored));
    look(&clock, at(second, 90, today_s), true);
    assert_false(age_correct(&clock, &stored));
    assert_int_equal(age_at_least(&clock, &stored), 90);
    look(&clock, at(second, 90 + HOUR_S, today_s + HOUR_S), true);
    assert_int_equal(age_at_least(&clock, &stored), 90 + HOUR_S);
    assert_true(age_correct(&clock, &stored));
    assert_true(age_correct(&clock, &ahead));
    assert_int_equal(stored.wall_s, today_s + HOUR_S);
    assert_int_equal(ahead.wall_s, today_s + HOUR_S);
    assert_int_equal(age_at_least(&clock, &stored), 0);
}

/* An older version wrote no mark. */
static void a_time_without_a_mark_ages_by_the_wall_clock(void **state)
{
    struct age_stamp stored = at("", 0, today_s), old = at("", 0, 30);
    struct age_clock clock = {0};

    look(&clock, at(second, DAY_S, today_s + DAY_S), true);
    assert_int_equal(age_at_least(&clock, &stored), DAY_S);
    assert_int_equal(age_at_least(&clock, &old), 0);
    assert_false(age_correct(&clock, &stored));
    assert_true(age_correct(&clock, &old));
    assert_string_equal(old.mark.boot, second);
}

/* Without /proc this boot has no id, so marks of this and of other boots cannot be distinguished. */
static void without_a_boot_id_the_wall_clock_is_all_there_is(void **state)
{
    struct age_stamp stored = at("", 100, today_s), marked = at(first, 100, today_s);
    struct age_clock clock = {0};

    look(&clock, at("", 5000, today_s + 60), true);
    assert_int_equal(age_at_least(&clock, &stored), 60);
    assert_int_equal(age_at_least(&clock, &marked), 60);
    look(&clock, at("", 5060, today_s + 400 * (int64_t)DAY_S), true);
    assert_int_equal(age_at_least(&clock, &marked), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_boot_in_1970_ages_nothing),
        cmocka_unit_test(days_ahead_by_mistake_and_back_leave_the_age_as_it_is),
        cmocka_unit_test(what_an_earlier_boot_recorded_ages_by_a_settled_clock_only),
        cmocka_unit_test(a_clock_that_nobody_keeps_is_doubted_for_a_day_after_it_was_set),
        cmocka_unit_test(after_a_boot_without_a_kept_clock_an_hour_passes),
        cmocka_unit_test(an_observation_that_begins_with_an_unsynchronised_clock_waits_too),
        cmocka_unit_test(an_earlier_boot_is_at_least_as_long_ago_as_this_one),
        cmocka_unit_test(suspend_counts),
        cmocka_unit_test(a_leap_second_is_no_step),
        cmocka_unit_test(a_time_that_cannot_be_counts_from_when_the_clock_is_right),
        cmocka_unit_test(a_time_without_a_mark_ages_by_the_wall_clock),
        cmocka_unit_test(without_a_boot_id_the_wall_clock_is_all_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
