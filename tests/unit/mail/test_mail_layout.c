#include "mail/mail_layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static struct mail_layout read_fields(const char *type, const char *encoding)
{
    struct mail_layout layout = {0};

    if (type)
        mail_layout_field(&layout,
                          &(struct mail_field){.name = SPAN("content-TYPE"), .value = span_of(type)});
    if (encoding)
        mail_layout_field(&layout, &(struct mail_field){.name = SPAN("Content-Transfer-Encoding"),
                                                        .value = span_of(encoding)});
    mail_layout_clean(&layout);
    return layout;
}

static void assert_type(const char *type, enum mail_layout_type expected)
{
    assert_int_equal(read_fields(type, NULL).type, expected);
}

static void tells_what_the_body_is(void **state)
{
    assert_type(NULL, MAIL_LAYOUT_TEXT);
    assert_type("", MAIL_LAYOUT_TEXT);
    assert_type(" text/plain; charset=utf-8", MAIL_LAYOUT_TEXT);
    assert_type(" text", MAIL_LAYOUT_TEXT);
    assert_type("text/calendar", MAIL_LAYOUT_TEXT);
    assert_type(" Text/HTML", MAIL_LAYOUT_HTML);
    assert_type(" application/zip", MAIL_LAYOUT_OTHER);
    assert_type(" message/rfc822", MAIL_LAYOUT_OTHER);
    assert_type(" multipart/mixed; boundary=x", MAIL_LAYOUT_MULTIPART);
    assert_type(" multipart/mixed", MAIL_LAYOUT_OTHER);
}

static void assert_boundary(const char *type, const char *expected)
{
    struct mail_layout layout = read_fields(type, NULL);

    assert_string_equal(layout.boundary, expected);
    assert_int_equal(layout.type, expected[0] ? MAIL_LAYOUT_MULTIPART : MAIL_LAYOUT_OTHER);
}

static void finds_the_boundary(void **state)
{
    assert_boundary(" multipart/mixed; boundary=simple", "simple");
    assert_boundary(" multipart/mixed;\r\n\tBoundary=\"with space; and = more\"", "with space; and = more");
    assert_boundary(" multipart/mixed; charset=\"a;boundary=no\" ; boundary = \"b\" ; x=y", "b");
    assert_boundary(" multipart/related; type=\"text/html\"; boundary=b; boundary=c", "b");
    assert_boundary("multipart/mixed; boundary=\"not closed", "not closed");
}

static void does_not_believe_every_boundary(void **state)
{
    char line[300] = " multipart/mixed; boundary=";

    assert_boundary(" multipart/mixed; boundary=\"\"", "");
    assert_boundary(" multipart/mixed; boundary=\"a\\\"b\"", "");
    assert_boundary(" multipart/mixed; boundary=\"a\r\n b\"", "");
    assert_boundary(" multipart/mixed; boundary=\"a\xe9\"", "");
    assert_boundary(" multipart/mixed; boundary=\"a \"", "");
    memset(line + strlen(line), 'x', MAIL_LAYOUT_BOUNDARY_MAX + 1);
    assert_boundary(line, "");
}

static void knows_encodings_and_some_character_sets(void **state)
{
    assert_int_equal(read_fields(NULL, NULL).encoding, MAIL_LAYOUT_PLAIN);
    assert_int_equal(read_fields(NULL, " 8bit").encoding, MAIL_LAYOUT_PLAIN);
    assert_int_equal(read_fields(NULL, " BASE64 ").encoding, MAIL_LAYOUT_BASE64);
    assert_int_equal(read_fields(NULL, "quoted-printable").encoding, MAIL_LAYOUT_QUOTED_PRINTABLE);
    assert_int_equal(read_fields(NULL, NULL).charset, MAIL_LAYOUT_ASCII);
    assert_int_equal(read_fields("text/plain; charset=\"UTF-8\"", NULL).charset, MAIL_LAYOUT_UTF8);
    assert_int_equal(read_fields("text/plain; charset=iso-8859-1", NULL).charset, MAIL_LAYOUT_LATIN1);
    assert_int_equal(read_fields("text/plain; charset=koi8-r", NULL).charset, MAIL_LAYOUT_UNKNOWN);
}

static void the_first_field_of_a_name_counts(void **state)
{
    struct mail_layout layout = {0};

    mail_layout_field(&layout,
                      &(struct mail_field){.name = SPAN("Content-Type"), .value = SPAN("text/html")});
    mail_layout_field(&layout, &(struct mail_field){.name = SPAN("Content-Type"),
                                                    .value = SPAN("multipart/mixed; boundary=b")});
    assert_int_equal(layout.type, MAIL_LAYOUT_HTML);
}

static void bytes_of_a_stranger_become_a_layout(void **state)
{
    struct mail_layout layout;

    memset(&layout, 0xff, sizeof layout);
    mail_layout_clean(&layout);
    assert_int_equal(layout.type, MAIL_LAYOUT_OTHER);
    assert_string_equal(layout.boundary, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_the_body_is),
        cmocka_unit_test(finds_the_boundary),
        cmocka_unit_test(does_not_believe_every_boundary),
        cmocka_unit_test(knows_encodings_and_some_character_sets),
        cmocka_unit_test(the_first_field_of_a_name_counts),
        cmocka_unit_test(bytes_of_a_stranger_become_a_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
