#include "mail/mail_header.h"
#include "base/buf.h"
#include "tests/unit/cuts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

struct run {
    struct mail_header header;
    struct buf log; /* "[name|value]" per field, "." for the end */
    bool ended;
};

static void record(struct run *run, enum mail_header_event event, const struct mail_field *field)
{
    if (event == MAIL_HEADER_FIELD) {
        buf_add_char(&run->log, '[');
        buf_add(&run->log, field->name);
        buf_add_char(&run->log, '|');
        buf_add(&run->log, field->value);
        buf_add(&run->log, field->is_cut ? SPAN("]cut") : SPAN("]"));
    }
    if (event == MAIL_HEADER_END) {
        buf_add_char(&run->log, '.');
        run->ended = true;
    }
}

static void feed(void *context, struct span piece)
{
    struct run *run = context;
    struct mail_field field;
    enum mail_header_event event = MAIL_HEADER_FIELD;

    while (!run->ended && event != MAIL_HEADER_MORE)
        record(run, event = mail_header_next(&run->header, &piece, &field), &field);
}

static void parse(struct run *run, struct span bytes, unsigned mode)
{
    struct mail_field field;

    run->log = (struct buf){0};
    run->ended = false;
    mail_header_init(&run->header);
    cuts_feed(bytes, mode, feed, run);
    while (!run->ended)
        record(run, mail_header_finish(&run->header, &field), &field);
}

static void expect(struct span bytes, const char *log)
{
    struct run *run = malloc(sizeof *run);

    for (unsigned mode = 0; mode < CUTS_MODES; mode++) {
        parse(run, bytes, mode);
        assert_string_equal(buf_c_str(&run->log), log);
        buf_fini(&run->log);
    }
    free(run);
}

static void reads_fields_up_to_the_empty_line(void **state)
{
    expect(SPAN("From: a\r\nTo: b\r\n\r\nX: no\r\n"), "[From| a][To| b].");
    expect(SPAN("From: a\r\nTo: b"), "[From| a][To| b].");
    expect(SPAN("Subject:\r\n\r\n"), "[Subject|].");
    expect(SPAN(""), ".");
    expect(SPAN("\r\nFrom: a\r\n"), ".");
}

static void keeps_folds_as_they_stand(void **state)
{
    expect(SPAN("A: b\r\n\tc\r\n  d\r\nE: f\r\n\r\n"), "[A| b\r\n\tc\r\n  d][E| f].");
    expect(SPAN("A: b\r\n \r\nE: f\r\n\r\n"), "[A| b\r\n ][E| f].");
}

static void takes_every_spelling_of_a_line_end(void **state)
{
    expect(SPAN("A: b\nC: d\n\nE: f\n"), "[A| b][C| d].");
    expect(SPAN("A: b\rC: d\r\rE: f\r"), "[A| b][C| d].");
    expect(SPAN("A: b\r\r\n c\r\r\nC: d\r\r\n\r\r\nE: f"), "[A| b\r\n c][C| d].");
    expect(SPAN("A: b\nC: d\r"), "[A| b][C| d].");
    expect(SPAN("A: b\r"), "[A| b].");
}

static void passes_over_lines_that_are_no_fields(void **state)
{
    expect(SPAN("A: b\r\nno field here\r\n nor here\r\nC: d\r\n: e\r\n\xe9: f\r\nnocolon\r\nG: h\r\n\r\n"),
           "[A| b][C| d][G| h].");
    expect(SPAN("A: b\r\nname more: c\r\nD : e\r\n\r\n"), "[A| b][D| e].");
}

static void sees_that_there_is_no_header(void **state)
{
    expect(SPAN("Hello,\r\nTo: nobody\r\n\r\n"), ".");
    expect(SPAN(" To: nobody\r\n\r\n"), ".");
    expect(SPAN("Hello\nTo: nobody\r\n\r\n"), ".");
    expect(SPAN("\0\0\0"), ".");
}

static void passes_over_the_envelope_line_of_a_mailbox(void **state)
{
    expect(SPAN("From me@here Sat Feb  5 14:29:34 2005\r\nA: b\r\n\r\n"), "[A| b].");
    expect(SPAN(">From me@here\nA: b\n\n"), "[A| b].");
    expect(SPAN("From : me\r\nA: b\r\n\r\n"), "[From| me][A| b].");
}

static void gives_nul_and_8_bit_bytes_as_they_are(void **state)
{
    struct run *run = malloc(sizeof *run);

    parse(run, SPAN("A: x\0y\xe9\r\n\r\n"), 1);
    assert_true(span_eq(buf_span(&run->log), SPAN("[A| x\0y\xe9].")));
    buf_fini(&run->log);
    free(run);
}

static void cuts_a_field_at_its_limit(void **state)
{
    struct run *run = malloc(sizeof *run);
    struct buf bytes = {0};

    buf_add(&bytes, SPAN("A:"));
    for (int i = 0; i < MAIL_HEADER_FIELD_MAX; i++)
        buf_add_char(&bytes, 'x');
    for (int longer = 0; longer < 2; longer++) {
        struct buf whole = {0};

        buf_add(&whole, buf_span(&bytes));
        buf_add(&whole, longer ? SPAN("y\r\nB: c\r\n\r\n") : SPAN("\r\nB: c\r\n\r\n"));
        for (unsigned mode = 0; mode < 3; mode++) {
            parse(run, buf_span(&whole), mode);
            assert_int_equal(run->log.n, MAIL_HEADER_FIELD_MAX + 4 + (longer ? 3 : 0) + 7);
            assert_int_equal(strcmp(buf_c_str(&run->log) + MAIL_HEADER_FIELD_MAX,
                                    longer ? "xxx]cut[B| c]." : "xxx][B| c]."),
                             0);
            buf_fini(&run->log);
        }
        buf_fini(&whole);
    }
    buf_fini(&bytes);
    free(run);
}

static void takes_a_hundred_thousand_lines(void **state)
{
    struct run *run = malloc(sizeof *run);
    struct buf bytes = {0};

    for (int i = 0; i < 100000; i++)
        buf_add_format(&bytes, "X%d: %d\r\n", i, i);
    parse(run, buf_span(&bytes), 3);
    assert_true(span_starts(buf_span(&run->log), SPAN("[X0| 0][X1| 1]")));
    assert_string_equal(buf_c_str(&run->log) + run->log.n - strlen("[X99999| 99999]."), "[X99999| 99999].");
    buf_fini(&run->log);
    buf_fini(&bytes);
    free(run);
}

static void refuses_a_name_that_is_too_long(void **state)
{
    struct buf bytes = {0};

    buf_add(&bytes, SPAN("A: b\r\n"));
    for (int i = 0; i <= MAIL_HEADER_NAME_MAX; i++)
        buf_add_char(&bytes, 'n');
    buf_add(&bytes, SPAN(": v\r\nC: d\r\n\r\n"));
    expect(buf_span(&bytes), "[A| b][C| d].");
    buf_fini(&bytes);
}

/* Random bytes from the characters of the grammar: the events must not depend on how they are cut. */
static void gives_the_same_events_however_the_bytes_are_cut(void **state)
{
    static const char alphabet[] = "ab:\r\n \t\r\nF\0:";
    struct run *run = malloc(sizeof *run);
    unsigned seed = 2005;

    for (int round = 0; round < 500; round++) {
        char bytes[80] = "a:";
        struct buf whole;

        for (size_t i = 2; i < sizeof bytes; i++)
            bytes[i] = alphabet[(size_t)rand_r(&seed) % (sizeof alphabet - 1)];
        parse(run, (struct span){bytes, sizeof bytes}, 0);
        whole = run->log;
        for (unsigned mode = 1; mode < CUTS_MODES; mode++) {
            parse(run, (struct span){bytes, sizeof bytes}, mode);
            assert_true(span_eq(buf_span(&run->log), buf_span(&whole)));
            buf_fini(&run->log);
        }
        buf_fini(&whole);
    }
    free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_fields_up_to_the_empty_line),
        cmocka_unit_test(keeps_folds_as_they_stand),
        cmocka_unit_test(takes_every_spelling_of_a_line_end),
        cmocka_unit_test(passes_over_lines_that_are_no_fields),
        cmocka_unit_test(sees_that_there_is_no_header),
        cmocka_unit_test(passes_over_the_envelope_line_of_a_mailbox),
        cmocka_unit_test(gives_nul_and_8_bit_bytes_as_they_are),
        cmocka_unit_test(cuts_a_field_at_its_limit),
        cmocka_unit_test(takes_a_hundred_thousand_lines),
        cmocka_unit_test(refuses_a_name_that_is_too_long),
        cmocka_unit_test(gives_the_same_events_however_the_bytes_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
