#include "notice/notice_fit.h"
#include "notice/transliterate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static void assert_fit(const struct mail_layout *layout, struct span body, struct span expected)
{
    struct buf out = {0};

    notice_fit(layout, body, &out);
    assert_string_equal(buf_c_str(&out), expected.p);
    buf_fini(&out);
}

static void a_part_of_the_originals_multipart(void **state)
{
    struct mail_layout layout = {.type = MAIL_LAYOUT_MULTIPART, .boundary = "limit of parts"};

    assert_fit(&layout, SPAN("A virus.\n"),
               SPAN("Content-Type: multipart/mixed;\r\n boundary=\"limit of parts\"\r\n"
                    "Content-Transfer-Encoding: 8bit\r\n\r\n"
                    "--limit of parts\r\n"
                    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
                    "A virus.\r\n\r\n--limit of parts--\r\n"));
}

static void nothing_in_it_passes_for_the_boundary(void **state)
{
    struct mail_layout layout = {.type = MAIL_LAYOUT_MULTIPART, .boundary = "b"};

    assert_fit(&layout, SPAN("x\n--b--\n"),
               SPAN("Content-Type: multipart/mixed;\r\n boundary=\"b\"\r\n"
                    "Content-Transfer-Encoding: 8bit\r\n\r\n"
                    "--b\r\n"
                    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                    "eA0KLS1iLS0NCg==\r\n\r\n--b--\r\n"));
}

static void text_in_the_originals_encoding(void **state)
{
    struct mail_layout layout = {.charset = MAIL_LAYOUT_UTF8, .encoding = MAIL_LAYOUT_BASE64};

    assert_fit(&layout, SPAN("\xc3\xa9\n"),
               SPAN("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
                    "base64\r\n\r\nw6kNCg==\r\n"));
    layout.encoding = MAIL_LAYOUT_QUOTED_PRINTABLE;
    assert_fit(&layout, SPAN("a=b \xc3\xa9\n"),
               SPAN("Content-Type: text/plain; charset=utf-8\r\n"
                    "Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db =C3=A9\r\n"));
    layout.encoding = MAIL_LAYOUT_PLAIN;
    assert_fit(&layout, SPAN(".\n\n\xc3\xa9\n"),
               SPAN("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
                    ". \r\n\r\n\xc3\xa9\r\n"));
}

static void text_in_the_originals_character_set(void **state)
{
    struct mail_layout layout = {.charset = MAIL_LAYOUT_LATIN1};

    assert_fit(&layout, SPAN("\xc3\xa9t\xc3\xa9\n"),
               SPAN("Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
                    "\xe9t\xe9\r\n"));
    layout.charset = MAIL_LAYOUT_ASCII;
    assert_fit(
        &layout, SPAN("\xc3\xa9t\xc3\xa9\n"),
        SPAN("Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\nete\r\n"));
    layout.charset = MAIL_LAYOUT_UNKNOWN;
    assert_fit(&layout, SPAN("\xd0\xbf\n"),
               SPAN("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
                    "8bit\r\n\r\n\xd0\xbf\r\n"));
}

static void html_where_html_is_expected(void **state)
{
    struct mail_layout layout = {.type = MAIL_LAYOUT_HTML, .charset = MAIL_LAYOUT_LATIN1};

    assert_fit(&layout, SPAN("<b>&\xc3\xa9\n"),
               SPAN("Content-Type: text/html; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
                    "<html><body><pre>\r\n&lt;b&gt;&amp;&#233;\r\n</pre></body></html>\r\n"));
}

static void lines_that_are_too_long_are_broken_between_characters(void **state)
{
    struct mail_layout layout = {.charset = MAIL_LAYOUT_UTF8};
    struct buf body = {0}, out = {0};
    unsigned longest = 0, column = 0;

    buf_add_char(&body, 'x');
    for (int i = 0; i < 1500; i++)
        buf_add(&body, SPAN("\xc3\xa9"));
    buf_add_char(&body, '\n');
    notice_fit(&layout, buf_span(&body), &out);
    for (size_t i = 0; i < out.n; i++) {
        column = out.p[i] == '\n' ? 0 : column + 1;
        longest = column > longest ? column : longest;
        assert_false(column == 1 && ((unsigned char)out.p[i] & 0xc0) == 0x80);
    }
    assert_in_range(longest, 800, 998);
    buf_fini(&body);
    buf_fini(&out);
}

static void assert_ascii(const char *text, const char *expected, bool is_whole)
{
    struct buf out = {0};

    assert_int_equal(transliterate_ascii(span_of(text), &out), is_whole);
    assert_string_equal(buf_c_str(&out), expected);
    buf_fini(&out);
}

static void letters_lose_their_accents(void **state)
{
    assert_ascii("\xc3\x80 la m\xc3\xa8re No\xc3\xabl \xc5\x93uvre \xc2\xab\xc2\xa0oui\xc2\xa0\xc2\xbb",
                 "A la mere Noel oeuvre \" oui \"", true);
    assert_ascii("Stra\xc3\x9f"
                 "e \xc3\xbc \xc3\x96",
                 "Strasse ue Oe", true);
    assert_ascii("\xc5\x81\xc3\xb3"
                 "d\xc5\xba \xc4\x85\xc4\x99\xc5\xbc",
                 "Lodz aez", true);
    assert_ascii("\xe2\x80\x9cl\xe2\x80\x99"
                 "a\xe2\x80\xa6\xe2\x80\x9d \xe2\x82\xac",
                 "\"l'a...\" EUR", true);
    assert_ascii("\xd0\xbf\xd1\x80 x", "?? x", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_of_the_originals_multipart),
        cmocka_unit_test(nothing_in_it_passes_for_the_boundary),
        cmocka_unit_test(text_in_the_originals_encoding),
        cmocka_unit_test(text_in_the_originals_character_set),
        cmocka_unit_test(html_where_html_is_expected),
        cmocka_unit_test(lines_that_are_too_long_are_broken_between_characters),
        cmocka_unit_test(letters_lose_their_accents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
