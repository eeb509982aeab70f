#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static void encodes(struct span octets, struct span wanted)
{
    struct buf out = {0};

    base64_add(&out, octets);
    assert_true(span_eq(buf_span(&out), wanted));
    buf_fini(&out);
}

static void octets_are_encoded_in_lines(void **state)
{
    encodes(SPAN(""), SPAN(""));
    encodes(SPAN("f"), SPAN("Zg==\r\n"));
    encodes(SPAN("fo"), SPAN("Zm8=\r\n"));
    encodes(SPAN("foo"), SPAN("Zm9v\r\n"));
    encodes(SPAN("\xff\xef\xfe"), SPAN("/+/+\r\n"));
    encodes(SPAN("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            SPAN("YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\r\n"));
    encodes(SPAN("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
            SPAN("YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\r\nYg==\r\n"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(octets_are_encoded_in_lines)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
