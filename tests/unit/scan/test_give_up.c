#include "scan/give_up.h"
#include "scan/test_virus.h"
#include "core/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum { TEN_MINUTES = 10 * 60 * 1000, BEGIN = 5000 };

static struct give_up give_up;

static struct digest message(unsigned number)
{
    struct digest digest = {{0}};

    memcpy(digest.bytes, &number, sizeof number);
    return digest;
}

static bool fails(unsigned number, uint64_t after_ms)
{
    struct digest digest = message(number);

    return give_up_note(&give_up, MESSAGE_MAIL, &digest, BEGIN + after_ms, TEN_MINUTES);
}

static int begin(void **state)
{
    give_up = (struct give_up){0};
    return 0;
}

static void three_failures_over_ten_minutes_are_permanent(void **state)
{
    assert_false(fails(1, 0));
    assert_false(fails(1, TEN_MINUTES / 2));
    assert_true(fails(1, TEN_MINUTES));
    assert_true(fails(1, TEN_MINUTES + 1));
}

static void neither_two_failures_nor_many_in_a_short_time_are_permanent(void **state)
{
    for (uint64_t i = 0; i < 100; i++)
        assert_false(fails(1, i));
    assert_false(fails(1, TEN_MINUTES - 1));
    assert_true(fails(1, TEN_MINUTES));
    assert_false(fails(2, 0));
    assert_false(fails(2, TEN_MINUTES));
}

static void each_message_counts_for_itself(void **state)
{
    assert_false(fails(1, 0));
    assert_false(fails(2, 1));
    assert_false(fails(3, TEN_MINUTES));
    assert_false(fails(1, TEN_MINUTES));
    assert_false(fails(2, TEN_MINUTES + 1));
    assert_true(fails(1, TEN_MINUTES + 2));
}

static void failures_of_a_mail_do_not_count_for_a_file(void **state)
{
    struct digest digest = message(1);

    assert_false(fails(1, 0));
    assert_false(fails(1, 1));
    assert_false(give_up_note(&give_up, MESSAGE_FILE, &digest, BEGIN + TEN_MINUTES, TEN_MINUTES));
    assert_true(fails(1, TEN_MINUTES));
}

static void the_message_that_failed_longest_ago_is_forgotten(void **state)
{
    for (unsigned i = 0; i < GIVE_UP_MAX; i++)
        assert_false(fails(i, i));
    assert_false(fails(0, 10000)); /* once more: now 1 is the oldest */
    assert_false(fails(GIVE_UP_MAX, 10001));
    assert_int_equal(give_up.n, GIVE_UP_MAX);
    assert_true(fails(0, TEN_MINUTES));
    assert_false(fails(1, TEN_MINUTES));
    assert_false(fails(1, TEN_MINUTES + 1));
    assert_false(fails(1, TEN_MINUTES + 2));
}

static void only_verdicts_that_depend_on_the_message_alone_are_lasting(void **state)
{
    struct verdict verdict = {0};

    assert_false(verdict_is_lasting(&verdict));
    verdict_set_late(&verdict);
    assert_true(verdict_is_late(&verdict));
    assert_true(verdict_is_valid(&verdict));
    assert_false(verdict_is_lasting(&verdict));
    verdict_set_found(&verdict, SPAN("Heuristics.Limits.Exceeded.MaxScanTime"));
    assert_false(verdict_is_lasting(&verdict));
    verdict_set(&verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_ENGINE, SPAN("engine-failed"));
    assert_false(verdict_is_lasting(&verdict));
    verdict_set_found(&verdict, SPAN("Heuristics.Limits.Exceeded.MaxRecursion"));
    assert_true(verdict_is_lasting(&verdict));
    assert_false(verdict_is_late(&verdict));
    verdict_set(&verdict, VERDICT_INFECTED, UNSCANNABLE_NONE, SPAN("deadline"));
    assert_false(verdict_is_late(&verdict));
    assert_true(verdict_is_lasting(&verdict));
}

static void the_test_virus_has_its_68_bytes(void **state)
{
    struct buf virus = {0}, mail = {0}, short_mail = {0};
    unsigned sum = 0;

    test_virus_add(&virus);
    assert_int_equal(virus.n, 68);
    for (size_t i = 0; i < virus.n; i++)
        sum += (unsigned char)virus.p[i];
    assert_int_equal(sum, 4622);
    test_virus_add_mail(&mail, buf_span(&virus), "x");
    assert_non_null(memmem(mail.p, mail.n, "\r\n\r\nWDVPIVAl", 12));
    assert_non_null(memmem(mail.p, mail.n, "TEUhJEgrSCo=\r\n", 14));
    test_virus_add_mail(&short_mail, SPAN("ab"), "y");
    assert_non_null(memmem(short_mail.p, short_mail.n, "\r\n\r\nYWI=\r\n", 10));
    buf_fini(&virus);
    buf_fini(&mail);
    buf_fini(&short_mail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(three_failures_over_ten_minutes_are_permanent, begin),
        cmocka_unit_test_setup(neither_two_failures_nor_many_in_a_short_time_are_permanent, begin),
        cmocka_unit_test_setup(each_message_counts_for_itself, begin),
        cmocka_unit_test_setup(failures_of_a_mail_do_not_count_for_a_file, begin),
        cmocka_unit_test_setup(the_message_that_failed_longest_ago_is_forgotten, begin),
        cmocka_unit_test(only_verdicts_that_depend_on_the_message_alone_are_lasting),
        cmocka_unit_test(the_test_virus_has_its_68_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
