#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void expect_clean(struct span in, const char *out)
{
    char room[64];
    struct text text;

    text_init(&text, room, sizeof room);
    text_add(&text, in);
    assert_string_equal(text_end(&text).p, out);
}

static void makes_one_line_of_words(void **state)
{
    expect_clean(SPAN("  a\r\nX: b\t\0c\x7f "), "a X: b c");
    expect_clean(SPAN(""), "");
    expect_clean(SPAN("\r\n"), "");
    expect_clean(SPAN("caf\xc3\xa9\xc2\x85\xe2\x80\xa8z"), "caf\xc3\xa9 z");
}

static void leaves_no_broken_utf8(void **state)
{
    expect_clean(SPAN("\xed\xa0\x80"), "???"); /* a lone surrogate */
    expect_clean(SPAN("\xc0\xaf\xff"), "???"); /* an overlong slash */
    expect_clean(SPAN("\xf4\x90\x80\x80"), "????");
    expect_clean(SPAN("a\xe2\x82"), "a??");
    expect_clean(SPAN("\xf0\x9f\x90\xa6"), "\xf0\x9f\x90\xa6");
}

static void leaves_out_what_turns_the_reading_direction(void **state)
{
    expect_clean(SPAN("a\xe2\x80\xae"
                      "gpj.exe\xef\xbb\xbf"),
                 "agpj.exe");
}

static void cuts_at_a_character_and_tells(void **state)
{
    char room[8];
    struct text text;

    text_init(&text, room, sizeof room);
    text_add(&text, SPAN("abc\xc3\xa9\xc3\xa9\xc3\xa9"));
    assert_string_equal(text_end(&text).p, "abc\xe2\x80\xa6");
    assert_true(text.is_cut);
    text_init(&text, room, sizeof room);
    text_add(&text, SPAN("1234567"));
    assert_string_equal(text_end(&text).p, "1234567");
    text_init(&text, room, 1);
    text_add(&text, SPAN("1"));
    assert_string_equal(text_end(&text).p, "");
}

static void cleans_an_array_without_its_nul_in_place(void **state)
{
    char *exact = malloc(6);

    memcpy(exact, "a\nb\xffgh", 6);
    text_clean(exact, 6);
    assert_string_equal(exact, "a \xe2\x80\xa6");
    memcpy(exact, "ab\0cde", 6);
    text_clean(exact, 6);
    assert_memory_equal(exact, "ab\0\0\0\0", 6);
    free(exact);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_one_line_of_words),
        cmocka_unit_test(leaves_no_broken_utf8),
        cmocka_unit_test(leaves_out_what_turns_the_reading_direction),
        cmocka_unit_test(cuts_at_a_character_and_tells),
        cmocka_unit_test(cleans_an_array_without_its_nul_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
