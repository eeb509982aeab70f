#include "base/buf.h"
#include "mail/charset.h"
#include "mail/rfc2047.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void expect(struct span value, const char *out)
{
    char room[256];
    char *exact = malloc(value.n ? value.n : 1);
    struct text text;

    memcpy(exact, value.p, value.n);
    text_init(&text, room, sizeof room);
    rfc2047_decode((struct span){exact, value.n}, &text);
    assert_string_equal(text_end(&text).p, out);
    free(exact);
}

static void decodes_both_encodings(void **state)
{
    expect(SPAN(" =?iso-8859-1?Q?Andr=E9?= Pirard <a@b>"), "Andr\xc3\xa9 Pirard <a@b>");
    expect(SPAN("=?UTF-8?B?ZsOpbGljaXTDqQ==?="), "f\xc3\xa9licit\xc3\xa9");
    expect(SPAN("=?utf-8*fr?q?a_b=3F?="), "a b?");
    expect(SPAN("=?koi8-r?B?8NLJ18XU?="), "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82");
    expect(SPAN("=?ISO-2022-JP?B?GyRCJCIbKEI=?="), "\xe3\x81\x82");
    expect(SPAN("=?windows-1258?q?a=ECca?="), "\xc3\xa1"
                                              "ca"); /* this converter buffers one letter */
}

static void joins_neighbouring_words(void **state)
{
    expect(SPAN("=?utf-8?q?a?= =?utf-8?q?b?=\r\n =?utf-8?q?c?= d"), "abc d");
    expect(SPAN("=?utf-8?q?a?= x =?utf-8?q?b?="), "a x b");
    expect(SPAN("=?utf-8?q?=C3?= =?UTF-8?q?=A9?="), "\xc3\xa9");
    expect(SPAN("=?utf-8?q?a?==?iso-8859-1?q?=E9?="), "a\xc3\xa9");
}

static void takes_raw_8_bit_bytes(void **state)
{
    expect(SPAN("Andr\xe9"), "Andr\xc3\xa9");
    expect(SPAN("Andr\xc3\xa9"), "Andr\xc3\xa9");
    expect(SPAN("Andr\xc3\xa9 \xe9"), "Andr\xc3\x83\xc2\xa9 \xc3\xa9");
}

static void survives_broken_words(void **state)
{
    expect(SPAN("=?utf-8?q?abc"), "=?utf-8?q?abc");
    expect(SPAN("=?utf-8?x?abc?="), "=?utf-8?x?abc?=");
    expect(SPAN("=?=?=?=?q?"), "=?=?=?=?q?");
    expect(SPAN("=?utf-8?q?=4?="), "=4");
    expect(SPAN("=?utf-8?q?=?="), "=");
    expect(SPAN("=?utf-8?b?!!!YQ?="), "a");
    expect(SPAN("=?utf-8?b?YWJjZ?="), "abc");
    expect(SPAN("=?utf-8?b?\?="), "");
    expect(SPAN("=?"), "=?");
    expect(SPAN("=?a?q"), "=?a?q");
    expect(SPAN("=?a?q?"), "=?a?q?");
    expect(SPAN("=?a?q?x?"), "=?a?q?x?");
}

static void shows_the_ascii_of_a_set_that_nobody_knows(void **state)
{
    expect(SPAN("=?x-klingon?q?ab=E9c?="), "ab?c");
    expect(SPAN("=?iso-8859-1//TRANSLIT?q?ab=E9?="), "ab?");
    assert_false(charset_is_known(SPAN("../../evil")));
    assert_false(charset_is_known(SPAN("1252")));
    assert_true(charset_is_known(SPAN("Latin1")));
}

static void lets_no_encoded_line_end_or_control_out(void **state)
{
    expect(SPAN("=?utf-8?q?a=0D=0AX:_y?="), "a X: y");
    expect(SPAN("=?utf-8?q?a=00=1B[2Jb?="), "a [2Jb");
    expect(SPAN("=?utf-8?b?7aCA?="), "???");
    expect(SPAN("=?utf-7?q?a+AA0ACg-X:_y?="), "a X: y");
}

static void converts_what_it_can(void **state)
{
    expect(SPAN("=?gb2312?B?xOO6w9bxyKvvyP8=?="),
           "\xe4\xbd\xa0\xe5\xa5\xbd\xe7\xab\xb9\xe5\x85\xa8\xe9\x94\xb6?");
    expect(SPAN("=?iso-8859-1?q?=80=81?="), "\xe2\x82\xac?");
}

static void stays_linear_on_words_that_never_end(void **state)
{
    struct buf bytes = {0};
    char room[256];
    struct text text;

    for (int i = 0; i < 100000; i++)
        buf_add(&bytes, SPAN("=?a?q?"));
    text_init(&text, room, sizeof room);
    rfc2047_decode(buf_span(&bytes), &text);
    assert_true(span_starts(text_end(&text), SPAN("=?a?q?=?a?q?")));
    buf_fini(&bytes);
}

static void expect_round_trip(struct span utf8, char encoding)
{
    struct buf words = {0};
    char word[RFC2047_WORD_MAX], room[512];
    struct span rest = utf8;
    struct text text;
    size_t n;

    while ((n = rfc2047_encode_word(&rest, words.n ? sizeof word : 40, word)) > 0) {
        assert_in_range(n, sizeof "=?utf-8?q?\?=", words.n ? RFC2047_WORD_MAX : 40);
        assert_int_equal(word[8], encoding);
        for (size_t i = 0; i < n; i++)
            assert_in_range(word[i], '!', '~');
        buf_add(&words, words.n ? SPAN("\r\n ") : SPAN(""));
        buf_add(&words, (struct span){word, n});
    }
    text_init(&text, room, sizeof room);
    rfc2047_decode(buf_span(&words), &text);
    assert_true(span_eq(text_end(&text), utf8));
    buf_fini(&words);
}

static void encodes_what_it_decodes(void **state)
{
    expect_round_trip(
        SPAN("Le virus est l\xc3\xa0 : \"=?utf-8?q?x?=\" <a@b> et il reste longtemps, car ce sujet est long"),
        'q');
    expect_round_trip(
        SPAN(
            "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"
            "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1"
            "\x82"),
        'b');
}

static void works_on_converters_that_were_opened_before(void **state)
{
    charset_open_all();
    decodes_both_encodings(state);
    assert_true(charset_is_known(SPAN("UTF-16LE")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_both_encodings),
        cmocka_unit_test(joins_neighbouring_words),
        cmocka_unit_test(takes_raw_8_bit_bytes),
        cmocka_unit_test(survives_broken_words),
        cmocka_unit_test(shows_the_ascii_of_a_set_that_nobody_knows),
        cmocka_unit_test(lets_no_encoded_line_end_or_control_out),
        cmocka_unit_test(converts_what_it_can),
        cmocka_unit_test(stays_linear_on_words_that_never_end),
        cmocka_unit_test(encodes_what_it_decodes),
        cmocka_unit_test(works_on_converters_that_were_opened_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
