#include "core/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void is_failed_if_it_was_never_set(void **state)
{
    const struct verdict verdict = {0};

    assert_int_equal(verdict.kind, VERDICT_FAILED);
    assert_true(verdict_is_valid(&verdict));
}

static void distinguishes_heuristics_for_limits_and_encryption_from_infections(void **state)
{
    struct verdict verdict = {0};

    verdict_set_found(&verdict, SPAN("Heuristics.Limits.Exceeded.MaxFiles"));
    assert_int_equal(verdict.kind, VERDICT_UNSCANNABLE);
    assert_int_equal(verdict.reason, UNSCANNABLE_LIMITS);
    verdict_set_found(&verdict, SPAN("Heuristics.Encrypted.Zip"));
    assert_int_equal(verdict.reason, UNSCANNABLE_ENCRYPTED);
    verdict_set_found(&verdict, SPAN("Heuristics.Phishing.Email"));
    assert_int_equal(verdict.kind, VERDICT_INFECTED);
    assert_int_equal(verdict.reason, UNSCANNABLE_NONE);
    assert_string_equal(verdict.name, "Heuristics.Phishing.Email");
}

static void removes_unprintable_bytes_and_blanks_from_a_name(void **state)
{
    struct verdict verdict = {0};

    verdict_set_name(&verdict, SPAN("Evil\r\nX: y\0\x1b[2J\xff"));
    assert_string_equal(verdict.name, "EvilX:y[2J");
}

static void cuts_a_name_that_is_too_long(void **state)
{
    char name[1000];
    struct verdict verdict = {0};

    memset(name, 'a', sizeof name);
    verdict_set_name(&verdict, (struct span){name, sizeof name});
    assert_int_equal(strlen(verdict.name), sizeof verdict.name - 1);
}

static void ranks_a_worse_verdict_higher(void **state)
{
    const struct verdict clean = {.kind = VERDICT_CLEAN};
    const struct verdict ambiguous = {.kind = VERDICT_UNSCANNABLE, .reason = UNSCANNABLE_AMBIGUOUS};
    const struct verdict encrypted = {.kind = VERDICT_UNSCANNABLE, .reason = UNSCANNABLE_ENCRYPTED};
    const struct verdict limits = {.kind = VERDICT_UNSCANNABLE, .reason = UNSCANNABLE_LIMITS};
    const struct verdict failed = {.kind = VERDICT_FAILED};
    const struct verdict infected = {.kind = VERDICT_INFECTED};

    assert_true(verdict_rank(&clean) < verdict_rank(&ambiguous));
    assert_true(verdict_rank(&ambiguous) < verdict_rank(&encrypted));
    assert_true(verdict_rank(&encrypted) < verdict_rank(&limits));
    assert_true(verdict_rank(&limits) < verdict_rank(&failed));
    assert_true(verdict_rank(&failed) < verdict_rank(&infected));
}

static void refuses_an_invalid_verdict(void **state)
{
    struct verdict verdict = {.kind = 9};

    assert_false(verdict_is_valid(&verdict));
    verdict = (struct verdict){.kind = VERDICT_CLEAN, .reason = UNSCANNABLE_LIMITS};
    assert_false(verdict_is_valid(&verdict));
    verdict = (struct verdict){.kind = VERDICT_UNSCANNABLE};
    assert_false(verdict_is_valid(&verdict));
    verdict = (struct verdict){.kind = VERDICT_CLEAN};
    memset(verdict.name, 'a', sizeof verdict.name);
    assert_false(verdict_is_valid(&verdict));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_failed_if_it_was_never_set),
        cmocka_unit_test(distinguishes_heuristics_for_limits_and_encryption_from_infections),
        cmocka_unit_test(removes_unprintable_bytes_and_blanks_from_a_name),
        cmocka_unit_test(cuts_a_name_that_is_too_long),
        cmocka_unit_test(ranks_a_worse_verdict_higher),
        cmocka_unit_test(refuses_an_invalid_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
