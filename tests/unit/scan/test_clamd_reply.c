#include "scan/clamd_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct span name;

static enum clamd_answer fildes(const char *answer)
{
    return clamd_reply_parse_fildes(span_of(answer), &name);
}

static enum clamd_answer instream(const char *answer)
{
    return clamd_reply_parse_instream(span_of(answer), &name);
}

static void accepts_only_an_exact_ok(void **state)
{
    const char *const others[] = {"",
                                  "OK",
                                  "fd[]: OK",
                                  "fd[1]:OK",
                                  "fd[1]: ok",
                                  "fd[1]: OK ",
                                  " fd[1]: OK",
                                  "fd[1]: OK\n",
                                  "fd[x]: OK",
                                  "fd[1: OK",
                                  "fd[1]: O",
                                  "stream: OK",
                                  "fd[1]: OKAY",
                                  "fd[1]: ",
                                  "fd[1]: OK FOUND",
                                  "1: fd[1]: OK",
                                  "fd[-1]: OK"};

    assert_int_equal(fildes("fd[10]: OK"), CLAMD_OK);
    assert_int_equal(instream("stream: OK"), CLAMD_OK);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_not_equal(fildes(others[i]), CLAMD_OK);
    assert_int_equal(instream("fd[1]: OK"), CLAMD_MALFORMED);
    assert_int_equal(instream("stream: OK\n"), CLAMD_MALFORMED);
}

static void returns_the_name_of_the_signature(void **state)
{
    assert_int_equal(fildes("fd[10]: Eicar-Test-Signature FOUND"), CLAMD_FOUND);
    assert_true(span_eq(name, SPAN("Eicar-Test-Signature")));
    assert_int_equal(instream("stream: Win.Test(abc:68) FOUND"), CLAMD_FOUND);
    assert_true(span_eq(name, SPAN("Win.Test(abc:68)")));
}

static void everything_else_is_malformed(void **state)
{
    const char *const answers[] = {
        "fd[10]: (null) FOUND",          "fd[10]:  FOUND",   "fd[10]: FOUND",   "fd[10]: a b FOUND",
        "fd[10]: Can't open file ERROR", "fd[10]: x FOUND ", "UNKNOWN COMMAND", "fd[10]: a\x1b FOUND"};

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        assert_int_equal(fildes(answers[i]), CLAMD_MALFORMED);
    assert_int_equal(instream("stream: (null) FOUND"), CLAMD_MALFORMED);
    assert_int_equal(instream("stream: Can't allocate memory ERROR"), CLAMD_MALFORMED);
}

static void recognises_a_stream_that_was_too_large(void **state)
{
    assert_int_equal(instream("INSTREAM size limit exceeded. ERROR"), CLAMD_STREAM_TOO_LARGE);
    assert_int_equal(fildes("INSTREAM size limit exceeded. ERROR"), CLAMD_MALFORMED);
}

static void separates_the_date_from_a_version(void **state)
{
    struct span version;

    assert_true(clamd_reply_parse_version(SPAN("ClamAV 1.4.6/27834/Mon Nov 23 08:33:01 2026"), &version));
    assert_true(span_eq(version, SPAN("ClamAV 1.4.6/27834")));
    assert_int_equal(clamd_reply_parse_date(SPAN("ClamAV 1.4.6/27834/Mon Nov 23 08:33:01 2026")), 1795422781);
    assert_int_equal(clamd_reply_parse_date(SPAN("ClamAV 1.4.6/27834/")), 0);
    assert_int_equal(clamd_reply_parse_date(SPAN("ClamAV 1.4.6/27834/yesterday")), 0);
    assert_int_equal(clamd_reply_parse_date(SPAN("ClamAV 1.4.6")), 0);
    assert_true(clamd_reply_parse_version(SPAN("ClamAV 1.4.6"), &version));
    assert_true(span_eq(version, SPAN("ClamAV 1.4.6")));
    assert_false(clamd_reply_parse_version(SPAN("UNKNOWN COMMAND"), &version));
    assert_false(clamd_reply_parse_version(SPAN(""), &version));
}

static const char stats[] =
    "POOLS: 1\n\nSTATE: VALID PRIMARY\nTHREADS: live 1  idle 0 max 10 idle-timeout 30\nQUEUE: 0 items\n"
    "\tSTATS 0.000002 \n\nMEMSTATS: heap N/A mmap N/A used N/A free N/A releasable N/A pools 1\nEND";

static unsigned threads(const char *answer)
{
    return clamd_reply_parse_threads(span_of(answer));
}

static void reads_the_number_of_threads_of_the_pool_that_scans(void **state)
{
    assert_int_equal(threads(stats), 10);
    assert_int_equal(threads("POOLS: 2\n\nSTATE: VALID EXIT\nTHREADS: live 1  idle 0 max 3 idle-timeout 30\n"
                             "QUEUE: 0 items\n\nSTATE: VALID PRIMARY\nTHREADS: live 12  idle 3 max 200 "
                             "idle-timeout 5\nQUEUE: 2 items 1 2\nEND"),
                     200);
}

static void a_reply_without_the_number_of_threads_is_malformed(void **state)
{
    const char *const answers[] = {
        "",
        "END",
        "UNKNOWN COMMAND",
        "COMMAND UNAVAILABLE",
        "POOLS: 1\n\nSTATE: VALID PRIMARY\nEND",
        "POOLS: 1\n\nSTATE: VALID PRIMARY\nTHREADS: live 1  idle 0 max -1 idle-timeout 30\nEND",
        "POOLS: 1\n\nSTATE: VALID PRIMARY\nTHREADS: live 1 idle 0 max 10 idle-timeout 30\nEND",
        "POOLS: 1\n\nSTATE: VALID PRIMARY\nTHREADS: live 1  idle 0 max 12345678 idle-timeout 30\nEND",
        "POOLS: x\n\nSTATE: VALID PRIMARY\nTHREADS: live 1  idle 0 max 10 idle-timeout 30\nEND",
        "POOLS: 1\n\nSTATE: VALID\nTHREADS: live 1  idle 0 max 10 idle-timeout 30\nEND"};

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        assert_int_equal(threads(answers[i]), 0);
    for (size_t n = 0; n < sizeof stats - 1; n++)
        assert_int_equal(clamd_reply_parse_threads((struct span){stats, n}), 0);
}

static void survives_random_bytes(void **state)
{
    static const char letters[] = "fd[]: 0OKFOUND strea()nul.";

    srand(3);
    for (int i = 0; i < 50000; i++) {
        size_t n = (size_t)rand() % 20;
        char *answer = malloc(n ? n : 1);

        for (size_t k = 0; k < n; k++)
            answer[k] = letters[(size_t)rand() % (sizeof letters - 1)];
        clamd_reply_parse_fildes((struct span){answer, n}, &name);
        clamd_reply_parse_instream((struct span){answer, n}, &name);
        clamd_reply_parse_version((struct span){answer, n}, &name);
        clamd_reply_parse_threads((struct span){answer, n});
        free(answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_only_an_exact_ok),
        cmocka_unit_test(returns_the_name_of_the_signature),
        cmocka_unit_test(everything_else_is_malformed),
        cmocka_unit_test(recognises_a_stream_that_was_too_large),
        cmocka_unit_test(separates_the_date_from_a_version),
        cmocka_unit_test(reads_the_number_of_threads_of_the_pool_that_scans),
        cmocka_unit_test(a_reply_without_the_number_of_threads_is_malformed),
        cmocka_unit_test(survives_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
