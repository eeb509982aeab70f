#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static void grows_and_keeps_its_bytes(void **state)
{
    struct buf buf = {0};

    for (int i = 0; i < 1000; i++)
        buf_add_format(&buf, "%d,", i % 10);
    assert_int_equal(buf.n, 2000);
    assert_memory_equal(buf.p, "0,1,2,3,", 8);
    assert_int_equal(strlen(buf_c_str(&buf)), 2000);
    buf_fini(&buf);
    assert_null(buf.p);
}

static void takes_nul_bytes_and_nothing(void **state)
{
    struct buf buf = {0};

    buf_add(&buf, (struct span){NULL, 0});
    buf_add(&buf, SPAN("a\0b"));
    buf_add_char(&buf, 'c');
    assert_true(span_eq(buf_span(&buf), SPAN("a\0bc")));
    buf_fini(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_keeps_its_bytes),
        cmocka_unit_test(takes_nul_bytes_and_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
