#include "base/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static struct pattern *compile(const char *regex, unsigned group, bool ungreedy)
{
    struct buf error = {0};
    struct pattern *pattern = pattern_new(span_of(regex), group, ungreedy, &error);

    assert_non_null(pattern);
    assert_int_equal(error.n, 0);
    return pattern;
}

static void check_name(const char *regex, unsigned group, bool ungreedy, const char *line,
                       const char *expected)
{
    struct pattern *pattern = compile(regex, group, ungreedy);
    struct span name = {0};

    assert_int_equal(pattern_match(pattern, span_of(line), &name), PATTERN_YES);
    assert_true(span_eq(name, span_of(expected)));
    pattern_free(&pattern);
    assert_null(pattern);
}

static void finds_the_name_in_its_group(void **state)
{
    check_name(".*: (.*) FOUND", 1, false, "/proc/self/fd/3: Eicar-Test-Signature FOUND",
               "Eicar-Test-Signature");
    check_name("(virus|worm) (\\S+)", 2, false, "a worm Blaster.A here", "Blaster.A");
    check_name("FOUND (\\S+)?", 1, false, "FOUND ", "");
    check_name("a(b)|c(d)", 2, false, "ab", "");
    check_name("[a-z]+", 0, false, "12abc3", "abc");
}

static void turns_greediness_round(void **state)
{
    check_name("<(.*)>", 1, false, "<a><b>", "a><b");
    check_name("<(.*)>", 1, true, "<a><b>", "a");
}

static void says_no_to_other_lines(void **state)
{
    struct pattern *pattern = compile(".*: (.*) FOUND", 1, false);
    struct span name;

    assert_int_equal(pattern_match(pattern, SPAN("/proc/self/fd/3: OK"), &name), PATTERN_NO);
    assert_int_equal(pattern_match(pattern, SPAN(""), &name), PATTERN_NO);
    pattern_free(&pattern);
}

static void never_calls_a_line_it_gave_up_on_unmatched(void **state)
{
    struct pattern *pattern = compile("^(a+)+$", 1, false);
    char line[4096];
    struct span name;

    memset(line, 'a', sizeof line);
    line[sizeof line - 1] = 'b';
    assert_int_equal(pattern_match(pattern, (struct span){line, sizeof line}, &name), PATTERN_TOO_HARD);
    pattern_free(&pattern);
}

static void explains_what_does_not_compile(void **state)
{
    struct buf error = {0};

    assert_null(pattern_new(SPAN("a(b"), 0, false, &error));
    assert_non_null(strstr(buf_c_str(&error), "at offset 3"));
    buf_clear(&error);
    assert_null(pattern_new(SPAN("a(b)"), 2, false, &error));
    assert_string_equal(buf_c_str(&error), "the pattern has no group 2");
    buf_fini(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_name_in_its_group),
        cmocka_unit_test(turns_greediness_round),
        cmocka_unit_test(says_no_to_other_lines),
        cmocka_unit_test(never_calls_a_line_it_gave_up_on_unmatched),
        cmocka_unit_test(explains_what_does_not_compile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
