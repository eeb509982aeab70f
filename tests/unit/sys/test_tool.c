#include "sys/tool.h"

#include "sys/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum { LONG_MS = 20000 };

static void gives_both_outputs_and_the_status(void **state)
{
    struct tool_result result;

    assert_false(tool_run((const char *[]){"sh", "-c", "echo out; echo err >&2; exit 7", NULL}, SPAN(""),
                          LONG_MS, &result));
    assert_int_equal(result.status, 7);
    assert_string_equal(buf_c_str(&result.output), "out\n");
    assert_string_equal(buf_c_str(&result.error), "err\n");
    tool_result_fini(&result);
}

/* More than a pipe holds, in and out: neither side blocks the other. */
static void passes_much_input_through(void **state)
{
    enum { SIZE = 3 << 20 };
    struct span input = {mem_alloc_zero(SIZE), SIZE};
    struct tool_result result;

    assert_true(tool_run((const char *[]){"cat", NULL}, input, LONG_MS, &result));
    assert_true(span_eq(buf_span(&result.output), input));
    tool_result_fini(&result);
    free((char *)(uintptr_t)input.p);
}

/* nft opens it by this name. */
static void input_can_be_opened_as_a_file(void **state)
{
    struct tool_result result;

    assert_true(tool_run((const char *[]){"cat", "/dev/stdin", NULL}, SPAN("text"), LONG_MS, &result));
    assert_string_equal(buf_c_str(&result.output), "text");
    tool_result_fini(&result);
}

static void has_an_environment_of_its_own(void **state)
{
    struct tool_result result;

    setenv("POSTERN_TEST_SECRET", "1", 1);
    assert_true(tool_run((const char *[]){"env", NULL}, SPAN(""), LONG_MS, &result));
    assert_string_equal(buf_c_str(&result.output), "LC_ALL=C\n");
    tool_result_fini(&result);
}

static void says_what_is_missing(void **state)
{
    struct tool_result result;

    assert_false(tool_run((const char *[]){"no-such-tool", NULL}, SPAN(""), LONG_MS, &result));
    assert_int_equal(result.status, -1);
    assert_non_null(strstr(buf_c_str(&result.error), "no-such-tool: not installed"));
    assert_false(tool_exists("no-such-tool"));
    assert_true(tool_exists("sh"));
    tool_result_fini(&result);
}

static void ends_what_takes_too_long(void **state)
{
    uint64_t start = process_clock_ms();
    struct tool_result result;

    assert_false(tool_run((const char *[]){"sh", "-c", "sleep 60 & sleep 60", NULL}, SPAN(""), 100, &result));
    assert_int_equal(result.status, -1);
    assert_string_equal(buf_c_str(&result.error), "sh: took too long and was killed");
    assert_true(process_clock_ms() - start < 10000);
    tool_result_fini(&result);
}

static void says_which_signal(void **state)
{
    struct tool_result result;

    assert_false(tool_run((const char *[]){"sh", "-c", "kill -9 $$", NULL}, SPAN(""), LONG_MS, &result));
    assert_int_equal(result.status, -1);
    assert_string_equal(buf_c_str(&result.error), "sh: Killed");
    tool_result_fini(&result);
}

/* A child of the tool that holds the pipes is not waited for. */
static void waits_for_the_tool_alone(void **state)
{
    uint64_t start = process_clock_ms();
    struct tool_result result;

    assert_true(
        tool_run((const char *[]){"sh", "-c", "sleep 15 & echo done", NULL}, SPAN(""), LONG_MS, &result));
    assert_string_equal(buf_c_str(&result.output), "done\n");
    assert_true(process_clock_ms() - start < 10000);
    tool_result_fini(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_both_outputs_and_the_status),
        cmocka_unit_test(passes_much_input_through),
        cmocka_unit_test(input_can_be_opened_as_a_file),
        cmocka_unit_test(has_an_environment_of_its_own),
        cmocka_unit_test(says_what_is_missing),
        cmocka_unit_test(ends_what_takes_too_long),
        cmocka_unit_test(says_which_signal),
        cmocka_unit_test(waits_for_the_tool_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
