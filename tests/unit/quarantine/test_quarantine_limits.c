/* Retention and quotas: what is removed, what stays, and what is refused. */
#include "tests/unit/quarantine/quarantine_lab.h"

#include <unistd.h>

enum { NOW_S = 1700000000, DAY_S = 24 * 3600 };

static const char provider[] = "193.252.22.90:110";
static const char ten[] = "0123456789"; /* contents are its suffixes */

static int setup(void **state)
{
    struct lab *lab;

    lab_setup(state);
    lab = *state;
    lab->now_s = NOW_S;
    return 0;
}

static void limit(struct lab *lab, uint64_t retention_s, uint64_t max_bytes, uint64_t max_incidents)
{
    lab_limit(lab, &(struct quarantine_limits){.retention_s = retention_s,
                                               .max_bytes = max_bytes,
                                               .max_incidents = max_incidents,
                                               .release_s = QUARANTINE_RELEASE_S});
}

/* Content n has 10 - n bytes. */
static enum quarantine_stored fetch(struct lab *lab, unsigned n, const char *user)
{
    return lab_try(lab, (struct span){ten + n, 10 - n}, false, provider, user);
}

static void keep(struct lab *lab, unsigned n, const char *user)
{
    assert_int_equal(fetch(lab, n, user), QUARANTINE_STORED);
}

static void release(struct lab *lab)
{
    struct quarantine_answer answer;

    assert_true(lab_ask(lab, QUARANTINE_RELEASE, lab->id, false, &answer));
}

static void assert_refused(struct lab *lab, unsigned n, const char *user, const char *why)
{
    size_t before = lab_files(lab, "");

    assert_int_equal(fetch(lab, n, user), QUARANTINE_NOT_STORED);
    assert_non_null(strstr(buf_c_str(&lab->error), why));
    assert_string_equal(lab->id, "");
    assert_int_equal(lab_files(lab, ""), before);
}

static void assert_expires(struct lab *lab, unsigned incidents, uint64_t bytes)
{
    struct quarantine_answer answer;

    assert_true(lab_ask(lab, QUARANTINE_EXPIRE, "", false, &answer));
    assert_int_equal(answer.removed, incidents);
    assert_int_equal(answer.freed_bytes, bytes);
}

static void past_its_retention_it_goes(void **state)
{
    struct lab *lab = *state;

    limit(lab, DAY_S, 0, 0);
    keep(lab, 0, "christian");
    assert_true(lab_destroy(lab, SPAN("destroyed"), "christian"));
    lab->now_s += DAY_S - 1;
    keep(lab, 1, "christian");
    assert_expires(lab, 0, 0);
    assert_int_equal(lab_files(lab, ""), 5);
    lab->now_s++;
    assert_expires(lab, 2, 10);
    assert_int_equal(lab_files(lab, ".json"), 1);
    assert_int_equal(lab_files(lab, ".eml"), 1);
    assert_true(lab_has(lab, lab->file));
    keep(lab, 0, "christian"); /* a new incident */
    assert_int_equal(quarantine_count(lab->quarantine), 2);
}

static void retention_counts_from_the_last_time_it_came(void **state)
{
    struct lab *lab = *state;

    limit(lab, DAY_S, 0, 0);
    keep(lab, 0, "christian");
    lab->now_s += DAY_S - 1;
    keep(lab, 0, "christian");
    lab->now_s += DAY_S - 1;
    lab_reopen(lab);
    assert_expires(lab, 0, 0);
    lab->now_s++;
    assert_expires(lab, 1, 10);
    assert_int_equal(lab_files(lab, ""), 0);
}

static void without_retention_nothing_goes(void **state)
{
    struct lab *lab = *state;

    keep(lab, 0, "christian");
    lab->now_s += 10000 * (int64_t)DAY_S;
    assert_expires(lab, 0, 0);
    assert_int_equal(lab_files(lab, ""), 2);
}

static void what_came_in_the_future_is_not_past(void **state)
{
    struct lab *lab = *state;

    limit(lab, DAY_S, 0, 0);
    lab->now_s = INT64_C(253402300799);
    keep(lab, 0, "christian");
    lab->now_s = NOW_S;
    assert_expires(lab, 0, 0);
}

static void shared_bytes_go_with_the_last_who_has_them(void **state)
{
    struct lab *lab = *state;
    struct buf bytes = {0};

    limit(lab, DAY_S, 0, 0);
    keep(lab, 0, "christian");
    lab->now_s += DAY_S / 2;
    keep(lab, 0, "another");
    lab->now_s += DAY_S / 2;
    assert_expires(lab, 1, 0);
    lab_read(lab, lab->file, &bytes);
    assert_true(span_eq(buf_span(&bytes), span_of(ten)));
    buf_fini(&bytes);
    lab->now_s += DAY_S / 2;
    assert_expires(lab, 1, 10);
}

static void what_is_released_stays_until_that_is_over(void **state)
{
    struct lab *lab = *state;

    limit(lab, DAY_S, 0, 0);
    keep(lab, 0, "christian");
    lab->now_s += DAY_S - 1;
    release(lab);
    lab->now_s += QUARANTINE_RELEASE_S - 1;
    assert_expires(lab, 0, 0);
    assert_int_equal(fetch(lab, 0, "christian"), QUARANTINE_RELEASED);
    lab->now_s++;
    assert_expires(lab, 1, 10);
}

static void over_its_number_it_refuses_what_is_new(void **state)
{
    struct lab *lab = *state;

    limit(lab, 0, 0, 3);
    for (unsigned i = 0; i < 3; i++)
        keep(lab, i, "christian");
    assert_refused(lab, 3, "christian", "max_incidents");
    assert_refused(lab, 0, "another", "max_incidents");
    keep(lab, 0, "christian"); /* needs no space of its own */
    lab_reopen(lab);
    assert_refused(lab, 3, "christian", "max_incidents");
    keep(lab, 2, "christian");
}

static void bytes_that_are_shared_count_once(void **state)
{
    struct lab *lab = *state;

    limit(lab, 0, 19, 0);
    keep(lab, 0, "christian");
    keep(lab, 0, "another");
    keep(lab, 0, "third");
    keep(lab, 1, "christian"); /* 10 + 9 */
    assert_refused(lab, 9, "christian", "max_bytes");
    lab_reopen(lab);
    assert_refused(lab, 9, "christian", "max_bytes");
    keep(lab, 1, "another");
    assert_int_equal(lab_try(lab, SPAN(""), false, provider, "christian"), QUARANTINE_STORED);
}

static void a_message_that_never_fits_costs_nobody_anything(void **state)
{
    struct lab *lab = *state;

    limit(lab, DAY_S, 5, 0);
    keep(lab, 6, "christian");
    assert_refused(lab, 0, "christian", "max_bytes");
    assert_int_equal(quarantine_count(lab->quarantine), 1);
}

static void what_is_destroyed_is_destroyed_without_a_record_then(void **state)
{
    struct lab *lab = *state;

    limit(lab, 0, 0, 1);
    keep(lab, 0, "christian");
    assert_true(lab_destroy(lab, SPAN("destroyed"), "christian"));
    assert_int_equal(strlen(lab->id), 32);
    assert_true(lab->error.n > 0);
    assert_int_equal(lab_files(lab, ""), 2);
}

static void what_is_past_its_retention_makes_room(void **state)
{
    struct lab *lab = *state;
    char first[64];

    limit(lab, DAY_S, 0, 2);
    keep(lab, 0, "christian");
    memcpy(first, lab->file, sizeof first);
    lab->now_s += 60;
    keep(lab, 1, "christian");
    assert_refused(lab, 2, "christian", "max_incidents");
    lab->now_s += DAY_S - 60;
    keep(lab, 2, "christian");
    assert_false(lab_has(lab, first));
    assert_int_equal(lab_files(lab, ".eml"), 2);
    assert_refused(lab, 3, "christian", "max_incidents");
}

/* The original is removed, the release stays. */
static void what_is_released_makes_room_and_still_passes(void **state)
{
    struct lab *lab = *state;
    char released[64];

    limit(lab, 0, 0, 2);
    keep(lab, 0, "christian");
    memcpy(released, lab->file, sizeof released);
    release(lab);
    keep(lab, 1, "christian");
    assert_true(lab_has(lab, released));
    keep(lab, 2, "christian");
    assert_false(lab_has(lab, released));
    assert_int_equal(fetch(lab, 0, "christian"), QUARANTINE_RELEASED);
    assert_refused(lab, 3, "christian", "max_incidents");
    lab_reopen(lab);
    assert_int_equal(fetch(lab, 0, "christian"), QUARANTINE_RELEASED);
    assert_refused(lab, 3, "christian", "max_incidents");
    lab->now_s += QUARANTINE_RELEASE_S;
    assert_expires(lab, 1, 0); /* the record existed only for the release */
    assert_int_equal(lab_files(lab, ""), 4);
    assert_refused(lab, 0, "christian", "max_incidents");
}

static void of_the_released_the_oldest_goes_first(void **state)
{
    struct lab *lab = *state;
    char first[64], second[64];

    limit(lab, 0, 20, 0);
    keep(lab, 2, "christian"); /* 8 */
    memcpy(second, lab->file, sizeof second);
    release(lab);
    lab->now_s -= 60;
    keep(lab, 1, "christian"); /* 9 */
    memcpy(first, lab->file, sizeof first);
    release(lab);
    lab->now_s += 120;
    keep(lab, 5, "christian"); /* 5 */
    assert_false(lab_has(lab, first));
    assert_true(lab_has(lab, second));
    keep(lab, 3, "christian"); /* 7 */
    assert_true(lab_has(lab, second));
    keep(lab, 9, "christian"); /* 1 */
    assert_false(lab_has(lab, second));
}

/* The only original with the new content is the one that must be removed for it. */
static void what_was_to_be_shared_may_be_what_makes_room(void **state)
{
    struct lab *lab = *state;
    struct buf bytes = {0};

    limit(lab, 0, 0, 1);
    keep(lab, 0, "christian");
    release(lab);
    keep(lab, 0, "another");
    lab_read(lab, lab->file, &bytes);
    assert_true(span_eq(buf_span(&bytes), span_of(ten)));
    buf_fini(&bytes);
    assert_int_equal(lab_files(lab, ".eml"), 1);
    assert_int_equal(lab_files(lab, ".json"), 2);
    assert_int_equal(fetch(lab, 0, "christian"), QUARANTINE_RELEASED);
}

static void what_was_deleted_makes_room_again(void **state)
{
    struct lab *lab = *state;
    struct quarantine_answer answer;

    limit(lab, 0, 0, 1);
    for (unsigned i = 0; i < 100; i++) {
        keep(lab, i % 10, "christian");
        assert_refused(lab, (i + 1) % 10, "another", "max_incidents");
        keep(lab, i % 10, "christian");
        assert_true(lab_ask(lab, QUARANTINE_DELETE, lab->id, false, &answer));
        assert_int_equal(lab_files(lab, ""), 0);
    }
}

static void what_others_put_there_is_never_touched(void **state)
{
    struct lab *lab = *state;

    lab_write(lab, "notes.json", SPAN("{}"));
    lab_write(lab, "0123456789abcdef0123456789abcdef.json", SPAN("{"));
    limit(lab, DAY_S, 0, 0);
    lab_reopen(lab);
    keep(lab, 0, "christian");
    lab->now_s += 2 * DAY_S;
    assert_expires(lab, 1, 10);
    assert_int_equal(lab_files(lab, ""), 2);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, setup, lab_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(past_its_retention_it_goes),
        IN_LAB(retention_counts_from_the_last_time_it_came),
        IN_LAB(without_retention_nothing_goes),
        IN_LAB(what_came_in_the_future_is_not_past),
        IN_LAB(shared_bytes_go_with_the_last_who_has_them),
        IN_LAB(what_is_released_stays_until_that_is_over),
        IN_LAB(over_its_number_it_refuses_what_is_new),
        IN_LAB(bytes_that_are_shared_count_once),
        IN_LAB(a_message_that_never_fits_costs_nobody_anything),
        IN_LAB(what_is_destroyed_is_destroyed_without_a_record_then),
        IN_LAB(what_is_past_its_retention_makes_room),
        IN_LAB(what_is_released_makes_room_and_still_passes),
        IN_LAB(of_the_released_the_oldest_goes_first),
        IN_LAB(what_was_to_be_shared_may_be_what_makes_room),
        IN_LAB(what_was_deleted_makes_room_again),
        IN_LAB(what_others_put_there_is_never_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
