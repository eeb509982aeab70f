/* Each case is read as a whole, byte by byte and in random cuts, from blocks of their exact size. */

#include "pop3/pop3_text.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum { RANDOM_ROUNDS = 200 };

static size_t piece_of(int round, size_t left)
{
    if (round == 0)
        return left;
    return round == 1 ? 1 : 1 + (size_t)rand() % left;
}

static struct span exact(struct span s)
{
    char *copy = mem_grow(NULL, s.n, 1);

    memcpy(copy, s.p, s.n);
    return (struct span){copy, s.n};
}

/* Returns how many bytes of the input were consumed. */
static size_t unstuff(struct pop3_unstuff *unstuff, struct span wire, int round, struct buf *content)
{
    size_t taken = 0;

    pop3_unstuff_init(unstuff);
    while (taken < wire.n && unstuff->state != POP3_UNSTUFF_ENDED) {
        struct span piece = exact(span_first(span_from(wire, taken), piece_of(round, wire.n - taken)));
        struct span rest = piece;

        while (rest.n && unstuff->state != POP3_UNSTUFF_ENDED)
            buf_add(content, pop3_unstuff_next(unstuff, &rest));
        taken += piece.n - rest.n;
        free((char *)(uintptr_t)piece.p);
    }
    return taken;
}

static void assert_unstuffed(struct span wire, struct span expected, bool bare_dot)
{
    for (int round = 0; round < RANDOM_ROUNDS; round++) {
        struct pop3_unstuff state;
        struct buf content = {0};
        size_t taken = unstuff(&state, wire, round, &content);

        assert_int_equal(state.state, POP3_UNSTUFF_ENDED);
        assert_int_equal(taken, wire.n);
        assert_true(span_eq(buf_span(&content), expected));
        assert_int_equal(state.bare_dots > 0, bare_dot);
        buf_fini(&content);
    }
}

static void removes_byte_stuffing(void **state)
{
    assert_unstuffed(SPAN("a\r\n.\r\n"), SPAN("a\r\n"), false);
    assert_unstuffed(SPAN(".\r\n"), SPAN(""), false);
    assert_unstuffed(SPAN("..\r\n...\r\n.\r\n"), SPAN(".\r\n..\r\n"), false);
    assert_unstuffed(SPAN(".a\r\n.\r\n"), SPAN("a\r\n"), false);
    assert_unstuffed(SPAN("\r\n\r\n.\r\n"), SPAN("\r\n\r\n"), false);
    assert_unstuffed(SPAN("a.b\0\xff.\r\n.\r\n"), SPAN("a.b\0\xff.\r\n"), false);
}

static void ends_only_at_crlf_dot_crlf(void **state)
{
    assert_unstuffed(SPAN("a\r\n.\nb\r\n.\r\n"), SPAN("a\r\n\nb\r\n"), false);
    assert_unstuffed(SPAN("a\r\n.\rb\r\n.\r\n"), SPAN("a\r\n\rb\r\n"), false);
    assert_unstuffed(SPAN("a\r\n.\r\r\n.\r\n"), SPAN("a\r\n\r\r\n"), false);
}

static void detects_bare_lf_dot_lines(void **state)
{
    assert_unstuffed(SPAN("a\n.\nb\r\n.\r\n"), SPAN("a\n.\nb\r\n"), true);
    assert_unstuffed(SPAN("a\r.\rb\r\n.\r\n"), SPAN("a\r.\rb\r\n"), true);
    assert_unstuffed(SPAN("a\n.\r\n.\r\n"), SPAN("a\n.\r\n"), true);
    assert_unstuffed(SPAN("a\r\n\r.\nb\r\n.\r\n"), SPAN("a\r\n\r.\nb\r\n"), true);
    assert_unstuffed(SPAN("a\r\n.\r.\rb\r\n.\r\n"), SPAN("a\r\n\r.\rb\r\n"), true);
    assert_unstuffed(SPAN("a\n..\nb\r\n.\r\n"), SPAN("a\n..\nb\r\n"), false);
    assert_unstuffed(SPAN("a\n.b\nc\r.d\r\n.\r\n"), SPAN("a\n.b\nc\r.d\r\n"), false);
    assert_unstuffed(SPAN("a\r\n..\nb\r\n.\r\n"), SPAN("a\r\n.\nb\r\n"), false);
}

static void does_not_consume_bytes_after_the_end(void **state)
{
    for (int round = 0; round < RANDOM_ROUNDS; round++) {
        struct pop3_unstuff unstuffed;
        struct buf content = {0};

        assert_int_equal(unstuff(&unstuffed, SPAN("a\r\n.\r\n+OK next\r\n"), round, &content), 6);
        buf_fini(&content);
    }
}

static void stuff(struct span content, int round, uint64_t dots_end, struct buf *wire)
{
    struct pop3_stuff state;

    pop3_stuff_init(&state, dots_end);
    while (content.n) {
        struct span piece = exact(span_first(content, piece_of(round, content.n)));
        struct span rest = piece;

        while (rest.n) {
            bool dot;
            struct span run = pop3_stuff_next(&state, &rest, &dot);

            if (dot)
                buf_add_char(wire, '.');
            buf_add(wire, run);
        }
        content = span_from(content, piece.n);
        free((char *)(uintptr_t)piece.p);
    }
    buf_add(wire, pop3_stuff_end(&state));
}

static void assert_stuffed(struct span content, struct span expected)
{
    for (int round = 0; round < RANDOM_ROUNDS; round++) {
        struct buf wire = {0};

        stuff(content, round, POP3_DOTS_ANYWHERE, &wire);
        assert_true(span_eq(buf_span(&wire), expected));
        buf_fini(&wire);
    }
}

static void byte_stuffs_lines_that_begin_with_a_dot(void **state)
{
    assert_stuffed(SPAN(""), SPAN(".\r\n"));
    assert_stuffed(SPAN(".\r\n"), SPAN("..\r\n.\r\n"));
    assert_stuffed(SPAN("a\r\n.b\r\n..\r\n"), SPAN("a\r\n..b\r\n...\r\n.\r\n"));
    assert_stuffed(SPAN("a\n.b\r.c\r\n"), SPAN("a\n.b\r.c\r\n.\r\n"));
    assert_stuffed(SPAN("no end"), SPAN("no end\r\n.\r\n"));
}

/* What follows the last line dot needs no scan when it is sent. */
static void assert_dots_end(struct span wire, size_t expected)
{
    for (int round = 0; round < RANDOM_ROUNDS; round++) {
        struct pop3_unstuff state;
        struct buf content = {0};

        unstuff(&state, wire, round, &content);
        assert_int_equal(state.dots_end, expected);
        assert_int_equal(state.octets, content.n);
        buf_fini(&content);
    }
}

static void reports_up_to_where_lines_may_begin_with_a_dot(void **state)
{
    assert_dots_end(SPAN(".\r\n"), 0);
    assert_dots_end(SPAN("a.b\r\nc\n.d\r.e\r\n.\r\n"), 0);
    assert_dots_end(SPAN("..\r\n.\r\n"), 1);
    assert_dots_end(SPAN("a\r\n..b\r\nc\r\n.\r\n"), 4);
    assert_dots_end(SPAN("a\r\n.\rb\r\n.\r\n"), 4);
    assert_dots_end(SPAN("a\r\n.b\r\n.\r\n"), 4);
}

static void does_not_search_after_the_last_line_dot(void **state)
{
    for (int round = 0; round < RANDOM_ROUNDS; round++) {
        struct buf wire = {0};

        stuff(SPAN(".a\r\n.b\r\n.c\r\n"), round, 5, &wire);
        assert_true(span_eq(buf_span(&wire), SPAN("..a\r\n..b\r\n.c\r\n.\r\n")));
        buf_fini(&wire);
    }
}

static void assert_top(struct span content, uint32_t lines, size_t expected)
{
    for (int round = 0; round < RANDOM_ROUNDS; round++) {
        struct pop3_top top;
        size_t passed = 0;
        struct span rest = content;

        pop3_top_init(&top, lines);
        while (rest.n && !top.ended) {
            struct span piece = exact(span_first(rest, piece_of(round, rest.n)));

            passed += pop3_top_next(&top, piece);
            rest = span_from(rest, piece.n);
            free((char *)(uintptr_t)piece.p);
        }
        assert_int_equal(passed, expected);
    }
}

static void cuts_after_the_header_and_the_requested_lines(void **state)
{
    struct span mail = SPAN("A: b\r\n\r\none\r\ntwo\r\n\r\nthree\r\n");

    assert_top(mail, 0, 8);
    assert_top(mail, 1, 13);
    assert_top(mail, 3, 20);
    assert_top(mail, 4, mail.n);
    assert_top(mail, 99999999, mail.n);
    assert_top(SPAN("\r\nbody\r\n"), 0, 2);
    assert_top(SPAN("A: b\n\r\n\r\nbody\r\n"), 0, 9);
    assert_top(SPAN("no body\r\n"), 5, 9);
    assert_top(SPAN("A: b\r\r\n\r\r\nbody\r\r\ntwo\r\r\n"), 0, 10);
    assert_top(SPAN("A: b\r\r\n\r\r\nbody\r\r\ntwo\r\r\n"), 1, 17);
    assert_top(SPAN("\r\r\r\nbody\r\n"), 0, 4);
    assert_top(SPAN("A: b\r\nC\r\r\n\r\nbody\r\n"), 0, 12);
}

static void assert_head(struct span content, uint32_t expected)
{
    for (int round = 0; round < RANDOM_ROUNDS; round++) {
        struct pop3_head head;
        struct span rest = content;

        pop3_head_init(&head);
        while (rest.n) {
            struct span piece = exact(span_first(rest, piece_of(round, rest.n)));

            pop3_head_next(&head, piece);
            rest = span_from(rest, piece.n);
            free((char *)(uintptr_t)piece.p);
        }
        assert_int_equal(head.whole, expected);
    }
}

static void finds_the_end_of_a_header_for_any_reader(void **state)
{
    assert_head(SPAN("A: b\r\n\r\nbody\r\n"), 8);
    assert_head(SPAN("A: b\n\nbody\r\n"), 6);
    assert_head(SPAN("A: b\r\rbody\r\n"), 6);
    assert_head(SPAN("A: b\r\n\nbody\r\n"), 7);
    assert_head(SPAN("A: b\r\n\rbody\r\n"), 7);
    assert_head(SPAN("\r\nbody\r\n"), 2);
    assert_head(SPAN("A: b\r\nC: d\r\n"), 12);
    assert_head(SPAN(""), 0);
    assert_head(SPAN("A: b\r\r\nC: d\r\r\n\r\r\nbody\r\r\n"), 17);
    assert_head(SPAN("A: b\r\r\r\nC: d\r\n\r\r\r\nbody\r\n"), 18);
    assert_head(SPAN("\r\r\nbody\r\r\n"), 3);
    assert_head(SPAN("A: b\r\r\n.\r\r\nC: d\r\n"), 7);
    assert_head(SPAN("A: b\rC: d\r\r\n\rbody\r\n"), 13);
}

static void a_header_ends_before_a_bare_lf_dot_line(void **state)
{
    assert_head(SPAN("A: b\r\n.\nC: d\r\n\r\n"), 6);
    assert_head(SPAN("A: b\n.\r\nC: d\r\n\r\n"), 5);
    assert_head(SPAN("A: b\r\n.c: d\r\n\r\n"), 15);
}

static void gives_up_on_a_header_without_an_end(void **state)
{
    struct buf text = {0};
    struct pop3_head head;

    while (text.n < 2 * POP3_HEAD_MAX)
        buf_add(&text, SPAN("X-Field: 0123456789\r\n"));
    pop3_head_init(&head);
    pop3_head_next(&head, buf_span(&text));
    assert_true(head.ended);
    assert_int_equal(head.whole, POP3_HEAD_MAX / 21 * 21);
    buf_fini(&text);
}

static void distinguishes_a_header_field_from_text(void **state)
{
    assert_true(pop3_starts_with_field(SPAN("Received: from")));
    assert_true(pop3_starts_with_field(SPAN("X:")));
    assert_false(pop3_starts_with_field(SPAN("")));
    assert_false(pop3_starts_with_field(SPAN(": x")));
    assert_false(pop3_starts_with_field(SPAN("Hello there: x")));
    assert_false(pop3_starts_with_field(SPAN("From jean Mon")));
    assert_false(pop3_starts_with_field(SPAN("\r\nbody:")));
    assert_false(pop3_starts_with_field(SPAN("\xef\xbb\xbfSubject: x")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(removes_byte_stuffing),
        cmocka_unit_test(ends_only_at_crlf_dot_crlf),
        cmocka_unit_test(detects_bare_lf_dot_lines),
        cmocka_unit_test(does_not_consume_bytes_after_the_end),
        cmocka_unit_test(reports_up_to_where_lines_may_begin_with_a_dot),
        cmocka_unit_test(does_not_search_after_the_last_line_dot),
        cmocka_unit_test(byte_stuffs_lines_that_begin_with_a_dot),
        cmocka_unit_test(cuts_after_the_header_and_the_requested_lines),
        cmocka_unit_test(finds_the_end_of_a_header_for_any_reader),
        cmocka_unit_test(a_header_ends_before_a_bare_lf_dot_line),
        cmocka_unit_test(gives_up_on_a_header_without_an_end),
        cmocka_unit_test(distinguishes_a_header_field_from_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
