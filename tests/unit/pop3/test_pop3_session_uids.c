#include "pop3/pop3_session_uids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <stdio.h>

static void assert_has(const struct pop3_session_uids *uids, uint32_t number, const char *uid)
{
    struct span got = pop3_session_uids_get(uids, number);

    assert_int_equal(got.n, strlen(uid));
    assert_true(got.n == 0 || memcmp(got.p, uid, got.n) == 0);
}

static void returns_the_last_recorded_unique_id(void **state)
{
    struct pop3_session_uids uids = {0};

    assert_has(&uids, 1, "");
    pop3_session_uids_note(&uids, 1, SPAN("a"));
    pop3_session_uids_note(&uids, 2,
                           SPAN("1234567890123456789012345678901234567890123456789012345678901234567890"));
    pop3_session_uids_note(&uids, UINT32_MAX, SPAN("last"));
    assert_has(&uids, 1, "a");
    assert_has(&uids, 2, "1234567890123456789012345678901234567890123456789012345678901234567890");
    assert_has(&uids, 3, "");
    assert_has(&uids, UINT32_MAX, "last");
    pop3_session_uids_note(&uids, 1, SPAN("b"));
    assert_has(&uids, 1, "b");
    pop3_session_uids_clear(&uids);
    assert_has(&uids, 1, "");
    pop3_session_uids_fini(&uids);
}

/* The newest messages of a large mailbox, within the promised memory. */
static void remembers_the_newest_messages_of_a_large_mailbox(void **state)
{
    struct pop3_session_uids uids = {0};
    char uid[24];

    for (uint32_t i = 1; i <= 100000; i++) {
        snprintf(uid, sizeof uid, "%08x", i);
        pop3_session_uids_note(&uids, i, span_of(uid));
        assert_has(&uids, i, uid);
        assert_in_range(uids.packed.n, 1, POP3_SESSION_UIDS_BYTES);
        i += i > 20000 && i < 90000 ? 97 : 0;
    }
    for (uint32_t i = 100000 - 2000; i <= 100000; i++) {
        snprintf(uid, sizeof uid, "%08x", i);
        assert_has(&uids, i, uid);
    }
    assert_has(&uids, 1, "");
    pop3_session_uids_fini(&uids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(returns_the_last_recorded_unique_id),
        cmocka_unit_test(remembers_the_newest_messages_of_a_large_mailbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
