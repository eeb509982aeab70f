/* Retention and releases when the wall clock is set, and across reboots. */
#include "tests/unit/quarantine/quarantine_lab.h"

#include <unistd.h>

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 24 * HOUR_S };

static const char provider[] = "193.252.22.90:110";
static const char first[] = "11111111-0000-4000-8000-000000000000",
                  second[] = "22222222-0000-4000-8000-000000000000";
static const int64_t today_s = 1800000000, far_s = 400 * (int64_t)DAY_S;

static int setup(void **state)
{
    struct lab *lab;

    lab_setup(state);
    lab = *state;
    lab_limit(lab, &(struct quarantine_limits){.retention_s = 90 * (uint64_t)DAY_S, .release_s = 7 * DAY_S});
    return 0;
}

/* As the keeper does every minute: queries, expires, corrects. Returns the number of expired incidents. */
static unsigned minute(struct lab *lab, const char *boot, int64_t boottime_s, int64_t wall_s, bool is_kept)
{
    struct age_stamp now = {wall_s, {.boottime_s = boottime_s}};
    struct quarantine_removed gone;
    bool left;

    memcpy(now.mark.boot, boot, strlen(boot) + 1);
    quarantine_update_clock(lab->quarantine, &now, is_kept);
    assert_true(quarantine_expire(lab->quarantine, &gone, &lab->error));
    assert_true(quarantine_correct_times(lab->quarantine, 100, &left, &lab->error));
    assert_false(left);
    return gone.incidents;
}

/* By the clock of the last minute. */
static enum quarantine_stored fetch(struct lab *lab, const char *bytes)
{
    struct incident incident = lab_incident(provider, "christian", strlen(bytes));
    int fd = lab_message(span_of(bytes));
    enum quarantine_stored stored = quarantine_store(lab->quarantine, fd, false, &incident, &lab->error);

    close(fd);
    memcpy(lab->id, incident.id, sizeof lab->id);
    return stored;
}

static struct incident_record only(struct lab *lab)
{
    struct incident_record record;
    struct quarantine_list list;

    lab_list(lab, &list);
    assert_int_equal(list.n, 1);
    record = list.at[0];
    quarantine_list_fini(&list);
    return record;
}

static void release(struct lab *lab)
{
    struct quarantine_request request = {.verb = QUARANTINE_RELEASE};
    struct quarantine_answer answer;

    memcpy(request.id, lab->id, sizeof request.id);
    quarantine_serve(lab->quarantine, &request, &answer);
    assert_int_equal(answer.result, QUARANTINE_DONE);
}

static void stored_in_1970_it_lives_its_retention(void **state)
{
    struct lab *lab = *state;

    minute(lab, first, 30, 30, false);
    assert_int_equal(fetch(lab, "mail"), QUARANTINE_STORED);
    assert_int_equal(minute(lab, first, 90, today_s, true), 0);
    assert_int_equal(only(lab).incident.received_s, today_s - 60);
    assert_int_equal(only(lab).first_s, today_s - 60);
    assert_int_equal(minute(lab, first, 30 + 90 * DAY_S - 1, today_s + 90 * (int64_t)DAY_S - 61, true), 0);
    assert_int_equal(minute(lab, first, 30 + 90 * DAY_S, today_s + 90 * (int64_t)DAY_S - 60, true), 1);
}

static void a_reboot_after_the_correction_changes_nothing(void **state)
{
    struct lab *lab = *state;

    minute(lab, first, 30, 30, false);
    assert_int_equal(fetch(lab, "mail"), QUARANTINE_STORED);
    minute(lab, first, 90, today_s, true);
    lab_reopen(lab);
    assert_int_equal(minute(lab, second, 20, today_s + 90 * (int64_t)DAY_S - 61, true), 0);
    assert_int_equal(minute(lab, second, 21, today_s + 90 * (int64_t)DAY_S - 60, true), 1);
}

/* The keeper was restarted between the step and its next minute: the records show the step. */
static void a_step_that_no_keeper_saw_is_found_in_the_records(void **state)
{
    struct lab *lab = *state;

    minute(lab, first, 30, 30, false);
    assert_int_equal(fetch(lab, "mail"), QUARANTINE_STORED);
    lab_reopen(lab);
    assert_int_equal(minute(lab, first, 90, today_s, true), 0);
    assert_int_equal(only(lab).incident.received_s, today_s - 60);
}

static void down_before_ntp_came_it_counts_from_when_the_clock_is_right(void **state)
{
    struct lab *lab = *state;

    minute(lab, first, 30, 30, false);
    assert_int_equal(fetch(lab, "mail"), QUARANTINE_STORED);
    lab_reopen(lab);
    assert_int_equal(minute(lab, second, 20, 20, false), 0);
    assert_int_equal(minute(lab, second, 80, today_s, true), 0);
    assert_int_equal(minute(lab, second, 80 + HOUR_S, today_s + HOUR_S, true), 0);
    assert_int_equal(only(lab).incident.received_s, today_s + HOUR_S);
    assert_int_equal(
        minute(lab, second, 80 + HOUR_S + 90 * DAY_S, today_s + HOUR_S + 90 * (int64_t)DAY_S, true), 1);
}

static void days_ahead_by_mistake_nothing_goes_and_the_quota_lets_nothing_go(void **state)
{
    struct lab *lab = *state;

    minute(lab, first, 5000, today_s, true);
    assert_int_equal(fetch(lab, "mail"), QUARANTINE_STORED);
    lab_limit(lab, &(struct quarantine_limits){.retention_s = DAY_S, .max_incidents = 1});
    assert_int_equal(minute(lab, first, 5060, today_s + far_s, false), 0);
    assert_int_equal(fetch(lab, "more"), QUARANTINE_NOT_STORED);
    assert_int_equal(minute(lab, first, 5120, today_s + 120, true), 0);
    assert_int_equal(only(lab).incident.received_s, today_s);
}

/* Incidents of an earlier boot have only the wall clock. */
static void after_a_step_an_earlier_boots_incidents_wait_for_an_hour(void **state)
{
    struct lab *lab = *state;

    minute(lab, first, 5000, today_s, true);
    assert_int_equal(fetch(lab, "mail"), QUARANTINE_STORED);
    lab_reopen(lab);
    minute(lab, second, 60, today_s + HOUR_S, true);
    assert_int_equal(minute(lab, second, 120, today_s + far_s, true), 0);
    assert_int_equal(minute(lab, second, 119 + HOUR_S, today_s + far_s + HOUR_S - 1, true), 0);
    assert_int_equal(minute(lab, second, 120 + HOUR_S, today_s + far_s + HOUR_S, true), 1);
}

static void recorded_in_the_future_it_does_not_stay_for_ever(void **state)
{
    struct lab *lab = *state;

    minute(lab, first, 5000, today_s + far_s, true);
    assert_int_equal(fetch(lab, "mail"), QUARANTINE_STORED);
    lab_reopen(lab);
    assert_int_equal(minute(lab, second, 60, today_s, true), 0);
    assert_int_equal(only(lab).incident.received_s, today_s);
    assert_int_equal(minute(lab, second, 60 + 90 * DAY_S, today_s + 90 * (int64_t)DAY_S, true), 1);
}

static void a_release_holds_its_week_whatever_the_clock_says(void **state)
{
    struct lab *lab = *state;

    minute(lab, first, 30, 30, false);
    assert_int_equal(fetch(lab, "mail"), QUARANTINE_STORED);
    release(lab);
    minute(lab, first, 90, today_s, true);
    assert_int_equal(fetch(lab, "mail"), QUARANTINE_RELEASED);
    assert_int_equal(only(lab).released_until_s, today_s - 60 + 7 * DAY_S);
    lab_reopen(lab);
    minute(lab, first, 30 + 7 * DAY_S - 1, today_s - 61 + 7 * DAY_S, true);
    assert_int_equal(fetch(lab, "mail"), QUARANTINE_RELEASED);
    minute(lab, first, 30 + 7 * DAY_S, today_s - 60 + 7 * DAY_S, true);
    assert_int_equal(fetch(lab, "mail"), QUARANTINE_STORED);
}

/* A clock that was set back could otherwise let a virus pass for years. */
static void a_clock_that_is_set_back_prolongs_no_release(void **state)
{
    struct lab *lab = *state;

    minute(lab, first, 5000, today_s + far_s, true);
    assert_int_equal(fetch(lab, "mail"), QUARANTINE_STORED);
    release(lab);
    minute(lab, first, 5000 + 7 * DAY_S - 1, today_s, true);
    assert_int_equal(fetch(lab, "mail"), QUARANTINE_RELEASED);
    minute(lab, first, 5000 + 7 * DAY_S, today_s + 1, true);
    assert_int_equal(fetch(lab, "mail"), QUARANTINE_STORED);
}

/* Early versions of 0.1.0 wrote no marks. */
static void an_old_record_is_read_and_ages_by_the_wall_clock(void **state)
{
    struct lab *lab = *state;

    quarantine_set_clock(lab->quarantine, &(struct age_clock){.now.wall_s = today_s});
    assert_int_equal(fetch(lab, "mail"), QUARANTINE_STORED);
    assert_string_equal(only(lab).received.boot, "");
    lab_reopen(lab);
    assert_int_equal(minute(lab, first, 2 * HOUR_S, today_s + 90 * (int64_t)DAY_S - 1, true), 0);
    assert_int_equal(minute(lab, first, 2 * HOUR_S + 1, today_s + 90 * (int64_t)DAY_S, true), 1);
}

static void corrections_come_some_at_a_time(void **state)
{
    struct lab *lab = *state;
    struct age_stamp now = {today_s, {.boottime_s = 90}};
    struct quarantine_list list;
    bool left;

    minute(lab, first, 30, 30, false);
    assert_int_equal(fetch(lab, "a"), QUARANTINE_STORED);
    assert_int_equal(fetch(lab, "b"), QUARANTINE_STORED);
    assert_int_equal(fetch(lab, "c"), QUARANTINE_STORED);
    memcpy(now.mark.boot, first, sizeof first);
    assert_true(quarantine_update_clock(lab->quarantine, &now, true));
    assert_true(quarantine_correct_times(lab->quarantine, 2, &left, &lab->error));
    assert_true(left);
    assert_true(quarantine_correct_times(lab->quarantine, 2, &left, &lab->error));
    assert_false(left);
    lab_list(lab, &list);
    for (size_t i = 0; i < list.n; i++)
        assert_int_equal(list.at[i].incident.received_s, today_s - MINUTE_S);
    assert_int_equal(list.n, 3);
    quarantine_list_fini(&list);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, setup, lab_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(stored_in_1970_it_lives_its_retention),
        IN_LAB(a_reboot_after_the_correction_changes_nothing),
        IN_LAB(a_step_that_no_keeper_saw_is_found_in_the_records),
        IN_LAB(down_before_ntp_came_it_counts_from_when_the_clock_is_right),
        IN_LAB(days_ahead_by_mistake_nothing_goes_and_the_quota_lets_nothing_go),
        IN_LAB(after_a_step_an_earlier_boots_incidents_wait_for_an_hour),
        IN_LAB(recorded_in_the_future_it_does_not_stay_for_ever),
        IN_LAB(a_release_holds_its_week_whatever_the_clock_says),
        IN_LAB(a_clock_that_is_set_back_prolongs_no_release),
        IN_LAB(an_old_record_is_read_and_ages_by_the_wall_clock),
        IN_LAB(corrections_come_some_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
