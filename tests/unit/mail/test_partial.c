#include "mail/partial.h"
#include "base/buf.h"
#include "tests/unit/cuts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

struct run {
    struct partial partial;
    struct partial_word word;
    bool has_word;
};

static void feed(void *context, struct span piece)
{
    struct run *run = context;

    partial_next(&run->partial, piece);
    run->has_word = partial_word_next(&run->word, piece);
}

static void expect(struct span message, bool is_partial, bool has_word)
{
    static struct run run;

    for (unsigned mode = 0; mode < CUTS_MODES; mode++) {
        run = (struct run){0};
        partial_init(&run.partial);
        cuts_feed(message, mode, feed, &run);
        assert_int_equal(partial_end(&run.partial), is_partial);
        assert_int_equal(run.has_word, has_word);
    }
}

static void knows_a_piece_however_it_is_written(void **state)
{
    expect(SPAN("Content-Type: message/partial; id=\"a\"; number=1; total=2\r\n\r\nx"), true, true);
    expect(SPAN("Subject: 1/2\r\nCONTENT-TYPE:\r\n MESSAGE/Partial;number=1\r\n\r\n"), true, true);
    expect(SPAN("Content-type : message / partial\n\n"), true, true);
    expect(SPAN("Content-Type:message/\r\n\tpart\r\n ial\r\r"), true, true);
    expect(SPAN("Content-Type: message/partial"), true, true);
}

static void believes_each_of_several_types(void **state)
{
    expect(SPAN("Content-Type: text/plain\r\nContent-Type: message/partial\r\n\r\n"), true, true);
    expect(SPAN("Content-Type: message/partial\r\nContent-Type: text/plain\r\n\r\n"), true, true);
}

static void takes_nothing_else_for_one(void **state)
{
    expect(SPAN(""), false, false);
    expect(SPAN("Content-Type: text/plain\r\n\r\nsome//part of a text/part"), false, false);
    expect(SPAN("Content-Type: text/plain\r\n\r\nContent-Type: message/partial\r\n\r\n"), false, true);
    expect(SPAN("X-Content-Type: message/partial\r\n\r\n"), false, true);
    expect(SPAN("Content-Type: message/partially; x=1\r\n\r\n"), false, true);
    expect(SPAN("Content-Type: text/plain; x=message/partial\r\n\r\n"), false, true);
    expect(SPAN("\r\nContent-Type: message/partial\r\n\r\n"), false, true);
}

static void finds_the_word_behind_what_looks_like_it(void **state)
{
    expect(SPAN("a: /part/partial"), false, true);
    expect(SPAN("a: //partial"), false, true);
    expect(SPAN("a: /partia/ l /p a r t i a\r\n l"), false, true);
    expect(SPAN("a: /partia\xecl/parti"), false, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_a_piece_however_it_is_written),
        cmocka_unit_test(believes_each_of_several_types),
        cmocka_unit_test(takes_nothing_else_for_one),
        cmocka_unit_test(finds_the_word_behind_what_looks_like_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
