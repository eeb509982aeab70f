#include "cmd/status_print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Asserts that the text of a status with this process ends with `line`. */
static void assert_line(struct control_process process, const char *line)
{
    struct status status = {.processes = &process, .process_count = 1};
    struct buf text = {0};

    snprintf(process.role, sizeof process.role, "relay");
    status_print(&status, 0, &text);
    if (!span_ends(buf_span(&text), span_of(line)))
        fail_msg("%s", buf_c_str(&text));
    buf_fini(&text);
}

static void each_state_of_a_process_has_its_words(void **state)
{
    assert_line((struct control_process){.pid = 7},
                "\nrelay      0  pid 7        starting, started 0 min 0 s ago\n");
    assert_line((struct control_process){.pid = 7, .is_ready = true, .age_ms = 90061000},
                " ready, started 1 d 1 h ago\n");
    assert_line((struct control_process){.pid = 7, .is_ready = true, .is_leaving = true, .age_ms = 60000},
                " ends when its work is done, started 1 min 0 s ago\n");
    assert_line((struct control_process){.pid = 7, .is_ready = true, .age_ms = 59999, .restarts = 2},
                " ready, started 0 min 59 s ago, restarted 2 times\n");
}

/* Before its first start, between two runs, and while the service stops. */
static void a_process_that_does_not_run_is_restarted_only_if_it_stays(void **state)
{
    assert_line((struct control_process){0}, " will be started\n");
    assert_line((struct control_process){.restarts = 5}, " will be started, restarted 5 times\n");
    assert_line((struct control_process){.is_leaving = true}, " has ended\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_of_a_process_has_its_words),
        cmocka_unit_test(a_process_that_does_not_run_is_restarted_only_if_it_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
