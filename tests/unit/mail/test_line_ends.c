#include "mail/line_ends.h"
#include "base/buf.h"
#include "tests/unit/cuts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

enum {
    COLLAPSED = 1 << LINE_ENDS_COLLAPSED,
    UNIVERSAL = 1 << LINE_ENDS_UNIVERSAL,
    STRIPPED = 1 << LINE_ENDS_STRIPPED,
};

static void feed_look(void *context, struct span piece)
{
    line_ends_detect_next(context, piece);
}

static void feed_ends(void *context, struct span piece)
{
    line_ends_next(context, piece);
}

static void collect(void *context, struct span run)
{
    buf_add(context, run);
}

static void expect_needed(struct span message, unsigned expected)
{
    for (unsigned mode = 0; mode < CUTS_MODES; mode++) {
        struct line_ends_detector look;

        line_ends_detect_init(&look);
        cuts_feed(message, mode, feed_look, &look);
        assert_int_equal(line_ends_detect_end(&look), expected);
    }
}

static void expect_reading(struct span message, enum line_ends_reading reading, struct span expected)
{
    for (unsigned mode = 0; mode < CUTS_MODES; mode++) {
        struct line_ends ends;
        struct buf out = {0};

        line_ends_init(&ends, reading, collect, &out);
        cuts_feed(message, mode, feed_ends, &ends);
        line_ends_end(&ends);
        if (!span_eq(buf_span(&out), expected))
            fail_msg("%s: \"%s\"", line_ends_name(reading), buf_c_str(&out));
        buf_fini(&out);
    }
}

static void ordinary_mail_has_one_reading(void **state)
{
    expect_needed(SPAN(""), 0);
    expect_needed(SPAN("A: b\r\n\r\nbody\r\n"), 0);
    expect_needed(SPAN("A: b\r\n c\r\n\r\n\r\n\r\nbody"), 0);
    expect_needed(SPAN("A: b\n\nbody\n"), 0);
    expect_needed(SPAN("A: b\r\nC: d\n\r\nbody\n\r\n"), 0);
    expect_needed(SPAN("\r\n\r\n"), 0);
}

static void doubled_carriage_returns_are_one_line_end(void **state)
{
    struct span doubled = SPAN("A: b\r\r\n\r\r\none\r\r\ntwo\r\r\n");
    struct span tripled = SPAN("A: b\r\r\r\n\r\r\r\none\r\r\r\ntwo\r\n");
    struct span plain = SPAN("A: b\r\n\r\none\r\ntwo\r\n");

    expect_needed(doubled, COLLAPSED);
    expect_needed(tripled, COLLAPSED);
    expect_needed(SPAN("A: b\r\n\r\none\r\ntwo\r\r\n"), COLLAPSED);
    expect_needed(SPAN("A: b\r\r\n\r\none\n"), COLLAPSED);
    for (enum line_ends_reading reading = 0; reading < LINE_ENDS_READINGS; reading++) {
        expect_reading(doubled, reading, plain);
        expect_reading(tripled, reading, plain);
        expect_reading(SPAN("A: b\n\none\r\ntwo\n"), reading, plain);
    }
}

static void lone_carriage_returns_end_lines_of_the_header(void **state)
{
    struct span message = SPAN("A: b\rC: d\r\n e\r f\r\n\r\nbody\r\n");

    expect_needed(message, COLLAPSED | STRIPPED);
    expect_reading(message, LINE_ENDS_COLLAPSED, SPAN("A: b\r\nC: d\r\n e\r\n f\r\n\r\nbody\r\n"));
    expect_reading(message, LINE_ENDS_STRIPPED, SPAN("A: bC: d\r\n e f\r\n\r\nbody\r\n"));
    expect_needed(SPAN("\rA: b\r\n\r\n"), COLLAPSED | STRIPPED);
    expect_needed(SPAN("A: b\r"), COLLAPSED | STRIPPED);
    expect_reading(SPAN("A: b\r"), LINE_ENDS_COLLAPSED, SPAN("A: b\r\n"));
}

static void in_a_body_a_lone_one_is_read_in_three_ways(void **state)
{
    struct span message = SPAN("A: b\r\n\r\none\rtwo\r\rthree\r\n");

    expect_needed(message, UNIVERSAL | STRIPPED);
    expect_reading(message, LINE_ENDS_COLLAPSED, message);
    expect_reading(message, LINE_ENDS_UNIVERSAL, SPAN("A: b\r\n\r\none\r\ntwo\r\n\r\nthree\r\n"));
    expect_reading(message, LINE_ENDS_STRIPPED, SPAN("A: b\r\n\r\nonetwothree\r\n"));
    expect_needed(SPAN("A: b\r\r\n\r\r\none\r\ntwo\r"), COLLAPSED | UNIVERSAL | STRIPPED);
}

static void a_header_of_lone_ones_ends_at_its_empty_line(void **state)
{
    struct span message = SPAN("A: b\rC: d\r\rbody\rmore\r");

    expect_needed(message, COLLAPSED | UNIVERSAL | STRIPPED);
    expect_reading(message, LINE_ENDS_COLLAPSED, SPAN("A: b\r\nC: d\r\n\r\nbody\rmore\r"));
    expect_reading(message, LINE_ENDS_UNIVERSAL, SPAN("A: b\r\nC: d\r\n\r\nbody\r\nmore\r\n"));
    expect_reading(SPAN("A: b\r\n\rbody\rmore"), LINE_ENDS_COLLAPSED, SPAN("A: b\r\n\r\nbody\rmore"));
}

static void what_is_no_carriage_return_stays(void **state)
{
    struct span odd = SPAN("A\0: \xff\r\r\n\r\r\n\0\x80.\r\r\n");

    expect_needed(odd, COLLAPSED);
    expect_reading(odd, LINE_ENDS_COLLAPSED, SPAN("A\0: \xff\r\n\r\n\0\x80.\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_mail_has_one_reading),
        cmocka_unit_test(doubled_carriage_returns_are_one_line_end),
        cmocka_unit_test(lone_carriage_returns_end_lines_of_the_header),
        cmocka_unit_test(in_a_body_a_lone_one_is_read_in_three_ways),
        cmocka_unit_test(a_header_of_lone_ones_ends_at_its_empty_line),
        cmocka_unit_test(what_is_no_carriage_return_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
