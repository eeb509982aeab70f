/* The keeper's process: its sandbox, its start and its end. */
#include "tests/unit/proc/keeper_lab.h"

#include "sys/sandbox.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void the_path_of_the_directory_is_never_looked_up_again(void **state)
{
    struct scene *scene = *state;
    struct lab lab = {0};

    assert_int_equal(rename(scene->directory, scene->moved), 0);
    assert_int_equal(mkdir(scene->directory, 0777), 0);
    store_and_await_answer(scene, &scene->relays[0], SPAN("mail"));
    snprintf(lab.directory, sizeof lab.directory, "%s", scene->directory);
    assert_false(lab_has(&lab, scene->relays[0].stored.file));
    snprintf(lab.directory, sizeof lab.directory, "%s", scene->moved);
    assert_true(lab_has(&lab, scene->relays[0].stored.file));
}

static void reaches_nothing_but_its_directory(void **state)
{
    struct scene *scene = *state;

    if (sandbox_landlock_version() == 0)
        skip();
    store_and_await_answer(scene, &scene->relays[0], SPAN("mail")); /* so that the message has arrived */
    assert_true(log_has(scene, "outside=refused inside=open\n"));
}

/* proc(5): "Seccomp: 2" means a filter. */
static void runs_with_a_filter_and_without_root(void **state)
{
    struct scene *scene = *state;
    char path[64], text[4096] = {0}, wanted[80];
    FILE *status;

    snprintf(path, sizeof path, "/proc/%d/status", scene->keeper);
    status = fopen(path, "re");
    assert_non_null(status);
    assert_true(fread(text, 1, sizeof text - 1, status) > 0);
    fclose(status);
    snprintf(wanted, sizeof wanted, "Uid:\t%u\t%u\t%u\t%u\n", keeper_identity().uid, keeper_identity().uid,
             keeper_identity().uid, keeper_identity().uid);
    assert_non_null(strstr(text, wanted));
    assert_non_null(strstr(text, "CapEff:\t0000000000000000\n"));
    assert_non_null(strstr(text, "NoNewPrivs:\t1\n"));
#if !defined(__SANITIZE_ADDRESS__)
    assert_non_null(strstr(text, "Seccomp:\t2\n"));
#endif
}

static void stops_when_the_last_relay_is_gone(void **state)
{
    struct scene *scene = *state;

    ipc_send(scene->parent.ipc, IPC_STOP, &(struct ipc_none){0}, -1);
    for (unsigned r = 0; r < RELAYS; r++) {
        store_and_await_answer(scene, &scene->relays[r], SPAN("mail"));
        ipc_free(&scene->relays[r].ipc);
    }
    wait_closed(scene, &scene->parent);
    assert_int_equal(wait_end(scene), 0);
}

static void ends_with_its_parent(void **state)
{
    struct scene *scene = *state;

    ipc_free(&scene->parent.ipc);
    wait_closed(scene, &scene->relays[0]);
    assert_int_equal(wait_end(scene), 0);
}

static void after_a_kill_and_restart_it_has_all_incidents(void **state)
{
    struct scene *scene = *state;
    char id[INCIDENT_ID_SIZE];
    int status;

    store_and_await_answer(scene, &scene->relays[0], SPAN("mail"));
    memcpy(id, scene->relays[0].stored.incident, sizeof id);
    assert_int_equal(kill(scene->keeper, SIGKILL), 0);
    assert_int_equal(waitpid(scene->keeper, &status, 0), scene->keeper);
    wait_closed(scene, &scene->parent);
    for (unsigned r = 0; r < RELAYS; r++)
        wait_closed(scene, &scene->relays[r]);
    start_keeper(scene);
    give_relay(scene, &scene->relays[0], 0);
    store_and_await_answer(scene, &scene->relays[0], SPAN("mail"));
    assert_string_equal(scene->relays[0].stored.incident, id);
}

static void exits_with_a_reason_if_the_directory_is_missing(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(rmdir(scene->directory), 0);
    start_keeper(scene);
    assert_int_equal(wait_end(scene), EXIT_CONFIG);
    assert_true(log_has(scene, "No such file or directory"));
    assert_true(log_has(scene, scene->directory));
}

static void exits_with_a_reason_if_the_directory_is_another_user_s(void **state)
{
    struct scene *scene = *state;

    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(scene->directory, 0, 0), 0);
    assert_int_equal(chmod(scene->directory, 0755), 0);
    start_keeper(scene);
    assert_int_equal(wait_end(scene), EXIT_CONFIG);
    assert_true(log_has(scene, "Permission denied"));
    assert_true(log_has(scene, scene->directory));
}

#define RUNNING(test) cmocka_unit_test_setup_teardown(test, setup_running, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(the_path_of_the_directory_is_never_looked_up_again),
        RUNNING(reaches_nothing_but_its_directory),
        RUNNING(runs_with_a_filter_and_without_root),
        RUNNING(stops_when_the_last_relay_is_gone),
        RUNNING(ends_with_its_parent),
        RUNNING(after_a_kill_and_restart_it_has_all_incidents),
        cmocka_unit_test_setup_teardown(exits_with_a_reason_if_the_directory_is_missing, setup, teardown),
        cmocka_unit_test_setup_teardown(exits_with_a_reason_if_the_directory_is_another_user_s, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
