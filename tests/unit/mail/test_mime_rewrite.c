#include "mail/mime_rewrite.h"
#include "mail/mime_plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void check(struct span title, struct span name, const char *expected_type, const char *expected_name)
{
    struct buf out = {0};

    mime_rewrite_begin(&out);
    mime_rewrite_named_part(&out, SPAN("hello"), title, name);
    mime_rewrite_end(&out);
    assert_non_null(memmem(out.p, out.n, expected_type, strlen(expected_type)));
    assert_non_null(memmem(out.p, out.n, expected_name, strlen(expected_name)));
    assert_true(mime_is_plain(buf_span(&out)));
    assert_true(out.n <= mime_rewrite_max_bytes(5, 1));
    buf_fini(&out);
}

static void a_part_has_its_names(void **state)
{
    char longest[MIME_REWRITE_NAME_MAX];
    const struct span none = {0}, all = {longest, sizeof longest};

    memset(longest, 'x', sizeof longest);
    check(SPAN("A.EXE"), SPAN("a b.exe"), "octet-stream;\r\n name=\"A.EXE\"\r\n",
          "attachment;\r\n filename=\"a b.exe\"\r\n");
    check(SPAN("A.EXE"), none, "octet-stream;\r\n name=\"A.EXE\"\r\n", "filename=\"A.EXE\"\r\n");
    check(none, SPAN("a.exe"), " name=\"a.exe\"\r\n", "filename=\"a.exe\"\r\n");
    check(none, none, "octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n", "aGVsbG8=\r\n");
    check(all, all, " name=\"xxx", "filename=\"xxx");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(a_part_has_its_names)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
