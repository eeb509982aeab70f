#include "pop3/pop3_replies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* RFC 1939, 3: a response is up to 512 octets, "-ERR " and CRLF included. */
enum { TEXT_MAX = 512 - 7 };

static bool has_kind(struct span text, enum err_kind kind)
{
    switch (kind) {
    case ERR_SILENT: return text.n == 0;
    case ERR_TEMPORARY: return span_starts(text, SPAN("[SYS/TEMP] "));
    case ERR_PERMANENT: return text.n && !span_starts(text, SPAN("[SYS/TEMP]"));
    }
    return false;
}

/* Response codes agree with the table of errors; only errors of the client have none. */
static void response_codes_agree_with_the_kind_of_error(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_COUNT; i++) {
        struct span text = pop3_replies_text((enum err)i);
        bool has_code = span_starts(text, SPAN("[SYS/"));

        if (!has_kind(text, err_kind((enum err)i)) || text.n > TEXT_MAX ||
            (text.n && !has_code && err_culprit((enum err)i) != CULPRIT_CLIENT))
            fail_msg("%s: \"%.*s\"", err_name((enum err)i), (int)text.n, text.p);
    }
}

static void recognises_each_of_its_lines(void **state)
{
    struct buf line = {0};

    (void)state;
    for (int i = 0; i < ERR_COUNT; i++) {
        if (err_kind((enum err)i) == ERR_SILENT)
            continue;
        buf_clear(&line);
        pop3_replies_refuse((enum err)i, &line);
        assert_true(span_ends(buf_span(&line), SPAN("\r\n")));
        assert_true(pop3_replies_is_refusal(span_first(buf_span(&line), line.n - 2)));
    }
    buf_fini(&line);
}

static void does_not_recognise_other_lines(void **state)
{
    (void)state;
    assert_false(pop3_replies_is_refusal(SPAN("")));
    assert_false(pop3_replies_is_refusal(SPAN("-ERR ")));
    assert_false(pop3_replies_is_refusal(SPAN("-ERR unknown")));
    assert_false(pop3_replies_is_refusal(SPAN("-ERR unknown command ")));
    assert_false(pop3_replies_is_refusal(SPAN("+OK unknown command")));
    assert_false(pop3_replies_is_refusal(SPAN("unknown command")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(response_codes_agree_with_the_kind_of_error),
        cmocka_unit_test(recognises_each_of_its_lines),
        cmocka_unit_test(does_not_recognise_other_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
