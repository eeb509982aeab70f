/* Each case is read as a whole, byte by byte and in random cuts. */

#include "pop3/pop3_lax_end.h"

#include "base/buf.h"
#include "pop3/pop3_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum { RANDOM_ROUNDS = 100 };

static unsigned octets_of(struct span wire, int round)
{
    struct pop3_lax_end end;

    pop3_lax_end_init(&end);
    while (wire.n) {
        size_t n = round == 0 ? wire.n : round == 1 ? 1 : 1 + (size_t)rand() % wire.n;

        pop3_lax_end_next(&end, span_first(wire, n));
        wire = span_from(wire, n);
    }
    return pop3_lax_end_octets(&end);
}

static struct span unstuff(struct span wire, struct buf *content)
{
    struct pop3_unstuff unstuff;

    pop3_unstuff_init(&unstuff);
    while (wire.n)
        buf_add(content, pop3_unstuff_next(&unstuff, &wire));
    assert_int_not_equal(unstuff.state, POP3_UNSTUFF_ENDED);
    return buf_span(content);
}

/* `left` is the message without the end. */
static void assert_ends(struct span wire, struct span left)
{
    struct buf content = {0};
    struct span whole = unstuff(wire, &content);

    for (int round = 0; round < RANDOM_ROUNDS; round++) {
        unsigned octets = octets_of(wire, round);

        assert_in_range(octets, 1, whole.n);
        assert_true(span_eq(span_first(whole, whole.n - octets), left));
    }
    buf_fini(&content);
}

static void assert_goes_on(struct span wire)
{
    for (int round = 0; round < RANDOM_ROUNDS; round++)
        assert_int_equal(octets_of(wire, round), 0);
}

static void a_dot_alone_between_bare_line_feeds_ends_a_message(void **state)
{
    assert_ends(SPAN("a\nb\n.\n"), SPAN("a\nb\n"));
    assert_ends(SPAN("a\n\n.\n"), SPAN("a\n\n"));
    assert_ends(SPAN("a\r\nb\n.\r\n"), SPAN("a\r\nb\n"));
    assert_ends(SPAN("a\r\nb\r\n.\n"), SPAN("a\r\nb\r\n"));
    assert_ends(SPAN("a\n.\n.\n"), SPAN("a\n.\n"));
}

static void an_empty_message_can_end_in_this_way(void **state)
{
    assert_ends(SPAN(".\n"), SPAN(""));
}

static void anything_else_does_not_end_a_message(void **state)
{
    assert_goes_on(SPAN(""));
    assert_goes_on(SPAN("."));
    assert_goes_on(SPAN("\n"));
    assert_goes_on(SPAN("a.\n"));
    assert_goes_on(SPAN("a\n.."));
    assert_goes_on(SPAN("a\n..\n"));
    assert_goes_on(SPAN("a\n. \n"));
    assert_goes_on(SPAN("a\n.\r"));
    assert_goes_on(SPAN("a\r.\r"));
    assert_goes_on(SPAN("a\r.\n"));
    assert_goes_on(SPAN("a\n.\nb"));
    assert_goes_on(SPAN("a\n.\n\n"));
    assert_goes_on(SPAN("a\n.\0\n"));
}

static void the_end_of_rfc_1939_is_none_of_these(void **state)
{
    assert_goes_on(SPAN("a\r\n.\r\n"));
    assert_goes_on(SPAN(".\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dot_alone_between_bare_line_feeds_ends_a_message),
        cmocka_unit_test(an_empty_message_can_end_in_this_way),
        cmocka_unit_test(anything_else_does_not_end_a_message),
        cmocka_unit_test(the_end_of_rfc_1939_is_none_of_these),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
