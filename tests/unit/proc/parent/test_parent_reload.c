/* The parent replaces its processes by those of a new configuration. */
#include "tests/unit/proc/parent/parent_lab.h"

static int start_parent_whose_reload_succeeds(void **state)
{
    lab_settings.first_load = 2;
    return start_parent(state);
}

/* Every old process ends, and each new relay has a keeper that answers. */
static void a_reload_replaces_all_processes(void **state)
{
    await_all_up();
    for (unsigned round = 1; round <= 3; round++) {
        unsigned answers = seen.answers;

        kill(parent_pid, SIGHUP);
        while (seen.started < PROCESSES * (round + 1) || seen.retired < RELAYS * round ||
               seen.stopped < (PROCESSES - RELAYS) * round || seen.answers < answers + RELAYS)
            read_note();
    }
    assert_int_equal(seen.loaded, 3);
    assert_int_equal(seen.retired, RELAYS * 3);
    assert_int_equal(stop_parent(), 0);
}

static void a_reload_that_fails_changes_nothing(void **state)
{
    pid_t scan;

    await_all_up();
    scan = seen.pids[ROLE_SCAN][0];
    kill(parent_pid, SIGHUP);
    while (seen.loaded < 1)
        read_note();
    kill(parent_pid, SIGHUP); /* waits until the first reload has failed */
    while (seen.loaded < 2)
        read_note();
    kill(parent_pid, SIGHUP);
    while (seen.loaded < 3)
        read_note();
    assert_int_equal(seen.retired, 0);
    assert_int_equal(kill(scan, 0), 0);
    while (seen.retired < RELAYS)
        read_note();
    assert_int_equal(stop_parent(), 0);
}

static int start_parent_with_little_memory(void **state)
{
    lab_settings.reload_mode = RELOAD_RESTART;
    return start_parent_whose_reload_succeeds(state);
}

static void with_reload_by_restart_the_old_engine_ends_before_the_new_one_starts(void **state)
{
    unsigned gone = 0, retired_before;

    await_all_up();
    kill(parent_pid, SIGHUP);
    retired_before = seen.retired;
    while (gone < 2) {
        read_note();
        gone += seen.last.what == STOPPED && (seen.last.role == ROLE_SCAN || seen.last.role == ROLE_CLAMAV);
        assert_false(seen.last.what == STARTED && seen.last.role == ROLE_CLAMAV);
    }
    assert_int_equal(retired_before, 0);
    while (seen.started < PROCESSES * 2 || seen.retired < RELAYS)
        read_note();
    assert_int_equal(stop_parent(), 0);
}

static int start_parent_whose_first_reload_fails(void **state)
{
    lab_settings.reload_mode = RELOAD_RESTART;
    return start_parent(state);
}

/* The first configuration is one that scan cannot run with: then scan runs with the old one again. */
static void a_drained_engine_is_started_again_if_the_new_one_cannot_run(void **state)
{
    pid_t scan;

    await_all_up();
    scan = seen.pids[ROLE_SCAN][0];
    kill(parent_pid, SIGHUP);
    while (seen.pids[ROLE_SCAN][0] == scan && seen.pids[ROLE_SCAN][1] == 0)
        read_note();
    assert_int_equal(seen.loaded, 1);
    assert_int_equal(seen.retired, 0);
    assert_int_equal(stop_parent(), 0);
}

/* A replaced process is not restarted, but its replacement is. */
static void after_a_reload_the_new_processes_are_restarted(void **state)
{
    unsigned started;

    await_all_up();
    kill(parent_pid, SIGHUP);
    while (seen.started < PROCESSES * 2 || seen.retired < RELAYS || seen.stopped < PROCESSES - RELAYS)
        read_note();
    started = seen.started;
    kill(seen.pids[ROLE_SCAN][1], SIGKILL);
    while (seen.started == started)
        read_note();
    assert_int_equal(seen.last.role, ROLE_SCAN);
    assert_int_equal(stop_parent(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_reload_that_fails_changes_nothing, start_parent, end_parent),
        cmocka_unit_test_setup_teardown(a_reload_replaces_all_processes, start_parent_whose_reload_succeeds,
                                        end_parent),
        cmocka_unit_test_setup_teardown(with_reload_by_restart_the_old_engine_ends_before_the_new_one_starts,
                                        start_parent_with_little_memory, end_parent),
        cmocka_unit_test_setup_teardown(a_drained_engine_is_started_again_if_the_new_one_cannot_run,
                                        start_parent_whose_first_reload_fails, end_parent),
        cmocka_unit_test_setup_teardown(after_a_reload_the_new_processes_are_restarted,
                                        start_parent_whose_reload_succeeds, end_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
