#include "mail/mime_decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static void decodes(enum mime_coding coding, struct span in, struct span wanted)
{
    struct buf out = {0};

    mime_decode(coding, in, &out);
    if (!span_eq(buf_span(&out), wanted))
        fail_msg("%s of \"%.*s\": \"%.*s\"", mime_coding_name(coding), (int)in.n, in.p, (int)out.n, out.p);
    buf_fini(&out);
}

#define DECODES(coding, in, wanted) decodes(coding, SPAN(in), SPAN(wanted))
#define CODINGS(in) mime_base64_codings(SPAN(in))

enum {
    ONE = 1 << MIME_BASE64,
    PADDED = ONE | 1 << MIME_BASE64_STOP | 1 << MIME_BASE64_RUN | 1 << MIME_BASE64_GROUPS,
};

static void base64_is_decoded(void **state)
{
    DECODES(MIME_BASE64, "", "");
    DECODES(MIME_BASE64, "aGVsbG8=", "hello");
    DECODES(MIME_BASE64, "aGVs\r\nbG8=\r\n", "hello");
    DECODES(MIME_BASE64, "aGVsbG8", "hello");
    DECODES(MIME_BASE64, "aGVsbG8sIHdvcmxkIQ==", "hello, world!");
    DECODES(MIME_BASE64,
            "/+8A\xff"
            "AA",
            "\xff\xef\x00\x00");
    DECODES(MIME_BASE64, "a!G*V s.b-G_8", "hello");
}

static void base64_goes_on_after_padding_in_four_ways(void **state)
{
    DECODES(MIME_BASE64, "aGk=aGk=", "hihi");
    DECODES(MIME_BASE64_STOP, "aGk=aGk=", "hi");
    DECODES(MIME_BASE64_RUN, "aGVs=bG8=", "hello");
    DECODES(MIME_BASE64_RUN, "a=GVsb=G8", "hello");
    DECODES(MIME_BASE64_GROUPS, "aGk=aGk=", "hihi");
    DECODES(MIME_BASE64_GROUPS, "Q=JDaA==",
            "@\x02"
            "Ch");
}

static void a_line_of_base64_may_be_ignored(void **state)
{
    DECODES(MIME_BASE64_LINES, "aGVs\n--outer--\nbG8=\n", "hello");
    DECODES(MIME_BASE64_LINES, "aGVs \t\r\nbG8=", "hello");
    DECODES(MIME_BASE64_LINES, "junk!\n", "");
}

static void well_formed_base64_has_one_coding(void **state)
{
    assert_int_equal(CODINGS(""), ONE);
    assert_int_equal(CODINGS("aGVsbG8=\r\n\r\n"), ONE);
    assert_int_equal(CODINGS("aGVs bG8"), ONE);
    assert_int_equal(CODINGS("aGk=\r\naGk="), PADDED);
    assert_int_equal(CODINGS("aGk-"), ONE | 1 << MIME_BASE64_LINES);
    assert_int_equal(CODINGS("aGk=\n.aGk="), PADDED | 1 << MIME_BASE64_LINES);
}

static void quoted_printable_is_decoded(void **state)
{
    DECODES(MIME_QUOTED_PRINTABLE, "a=20b=3D=e4=\r\nc=  \t\nd=\re=",
            "a b=\xe4"
            "cde");
    DECODES(MIME_QUOTED_PRINTABLE, "1=2 =G0 ==41", "1=2 =G0 =A");
    DECODES(MIME_QUOTED_PRINTABLE, "=4", "=4");
    DECODES(MIME_QUOTED_PRINTABLE, "", "");
    DECODES(MIME_QUOTED_PRINTABLE_TRIMMED, "a b \t\r\nc=20 = \r\nd ", "a b\r\nc  d");
    DECODES(MIME_QUOTED_PRINTABLE_STRICT, "a = \r\nb =\r\nc=", "a = \r\nb c");
}

#define QUOTED_CODINGS(in) mime_quoted_printable_codings(SPAN(in))

static void well_formed_quoted_printable_has_one_coding(void **state)
{
    const unsigned one = 1u << MIME_QUOTED_PRINTABLE, trimmed = one | 1u << MIME_QUOTED_PRINTABLE_TRIMMED;

    assert_int_equal(QUOTED_CODINGS(""), one);
    assert_int_equal(QUOTED_CODINGS("a b=20\r\n=3D =\r\nc"), one);
    assert_int_equal(QUOTED_CODINGS("a b \r\n"), trimmed);
    assert_int_equal(QUOTED_CODINGS("a b\t"), trimmed);
    assert_int_equal(QUOTED_CODINGS("a= \r\n"), trimmed | 1u << MIME_QUOTED_PRINTABLE_STRICT);
    assert_int_equal(QUOTED_CODINGS("a= b"), one | 1u << MIME_QUOTED_PRINTABLE_STRICT);
}

static void uuencode_is_decoded(void **state)
{
    DECODES(MIME_UUENCODE, "%:&5L;&\\ \n`\nend\nmore", "hello");
    DECODES(MIME_UUENCODE, "%:&5L;&\\\n \nend\n", "hello");          /* a blank was removed */
    DECODES(MIME_UUENCODE, "%:&5L;&\\ \r\n$:&%L;&\\ ", "hellohall"); /* neither "`" nor "end" */
    DECODES(MIME_UUENCODE, "#86)C\n\x7f\x01\n#9&5F\n", "abcdef");
}

static void xxencode_is_decoded(void **state)
{
    DECODES(MIME_XXENCODE, "3O4JgP4w+\nend\n", "hello");
}

static void yenc_is_decoded(void **state)
{
    DECODES(MIME_YENC, "=ypart begin=1 end=5\n\x92\x8f\x96\x96\x99\n=yend size=5\nmore", "hello");
    DECODES(MIME_YENC, "=\x6e=}", "\x04\x13");
    DECODES(MIME_YENC, "\x92=", "h\x13");
}

/* "a" with a data fork in which 0x90 and a repetition occur. */
static void binhex_is_decoded(void **state)
{
    struct buf out = {0};

    mime_decode(MIME_BINHEX, SPAN("\n:!@%!9%9B9%eC39!!N!8*!*!%Bh*iN!#3!(Q3\"Q0bBh):\n"), &out);
    assert_true(span_eq(mime_binhex_data(buf_span(&out)), SPAN("x\x90\x90yyyyyy")));
    buf_fini(&out);
    assert_int_equal(mime_binhex_data(SPAN("")).n, 0);
    assert_int_equal(mime_binhex_data(SPAN("\x01"
                                           "a"))
                         .n,
                     0);
    assert_true(span_eq(mime_binhex_data(SPAN("\x01"
                                              "a\0TEXTMYAP\0\0\0\0\0\x03\0\0\0\0crabcxx")),
                        SPAN("abc")));
}

static void percent_is_decoded(void **state)
{
    DECODES(MIME_PERCENT, "a%20b%e4%zz%4", "a b\xe4%zz%4");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_is_decoded),
        cmocka_unit_test(base64_goes_on_after_padding_in_four_ways),
        cmocka_unit_test(a_line_of_base64_may_be_ignored),
        cmocka_unit_test(well_formed_base64_has_one_coding),
        cmocka_unit_test(quoted_printable_is_decoded),
        cmocka_unit_test(well_formed_quoted_printable_has_one_coding),
        cmocka_unit_test(uuencode_is_decoded),
        cmocka_unit_test(xxencode_is_decoded),
        cmocka_unit_test(yenc_is_decoded),
        cmocka_unit_test(binhex_is_decoded),
        cmocka_unit_test(percent_is_decoded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
