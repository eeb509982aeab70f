/* A process that ends at any system call: a store, release or deletion is complete afterwards, or not done.
 */
#include "tests/unit/quarantine/fault_lab.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool store_another(struct lab *lab)
{
    return store(lab, "another", false);
}

/* Runs `act` in a process that dies at that call; true: it ran to completion. */
static bool killed_at(struct lab *lab, unsigned failing, bool (*act)(struct lab *))
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        plan(failing, 0);
        faults.kills = faults.removes = faults.on = true;
        _exit(act(lab) ? 2 : 3);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 3);
    return WEXITSTATUS(status) == 2;
}

/* What is listed afterwards is complete; of what is not listed nothing is left. */
static void killed_at_any_call_it_shows_whole_incidents_only(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;
    bool is_done = false;

    for (unsigned failing = 1; !is_done; failing++) {
        size_t before = lab_files(lab, ".json");

        is_done = killed_at(lab, failing, store_another);
        lab_reopen(lab);
        lab_list(lab, &list);
        assert_true(list.n == before || list.n == before + 1);
        for (size_t i = 0; i < list.n; i++)
            assert_int_equal(list.at[i].state, INCIDENT_QUARANTINED);
        assert_int_equal(list.unreadable, 0);
        assert_files(lab, list.n, list.n);
        quarantine_list_fini(&list);
        assert_true(failing < 100);
    }
    assert_int_equal(lab_files(lab, ".json"), 1);
}

static bool release_it(struct lab *lab)
{
    struct quarantine_answer answer;

    return lab_ask(lab, QUARANTINE_RELEASE, lab->id, false, &answer);
}

static bool delete_it(struct lab *lab)
{
    struct quarantine_answer answer;

    return lab_ask(lab, QUARANTINE_DELETE, lab->id, false, &answer);
}

static void killed_in_a_release_it_is_released_or_not(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;
    bool is_done = false;

    plan(0, 0);
    assert_true(store(lab, "christian", false));
    lab->now_s = 1700000000;
    for (unsigned failing = 1; !is_done; failing++) {
        is_done = killed_at(lab, failing, release_it);
        lab_reopen(lab);
        lab_list(lab, &list);
        assert_int_equal(list.n, 1);
        assert_int_equal(list.at[0].state, INCIDENT_QUARANTINED);
        assert_true(list.at[0].released_until_s == 0 || list.at[0].released_until_s > lab->now_s);
        assert_true(list.at[0].released_until_s || !is_done);
        quarantine_list_fini(&list);
        assert_files(lab, 1, 1);
    }
}

static void killed_in_a_deletion_it_is_whole_or_gone(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;
    bool is_done = false;

    for (unsigned failing = 1; !is_done; failing++) {
        plan(0, 0);
        assert_true(store(lab, "christian", false));
        is_done = killed_at(lab, failing, delete_it);
        lab_reopen(lab);
        lab_list(lab, &list);
        assert_true(list.n <= 1 && !(is_done && list.n));
        assert_files(lab, list.n, list.n);
        quarantine_list_fini(&list);
    }
}

/* The released incident is evicted before the new one is written: it loses its original, but not its
 * release. */
static void killed_while_it_makes_room_it_keeps_the_release(void **state)
{
    struct lab *lab = *state;
    struct quarantine_list list;
    bool is_done = false;

    for (unsigned failing = 1; !is_done; failing++) {
        plan(0, 0);
        lab_limit(lab, &(struct quarantine_limits){.release_s = 3600});
        assert_true(lab_store(lab, SPAN("released"), provider, "christian"));
        lab->now_s = lab_incident(provider, "", 0).received_s;
        assert_true(release_it(lab));
        lab_limit(lab, &(struct quarantine_limits){.max_incidents = 1, .release_s = 3600});
        is_done = killed_at(lab, failing, store_another);
        lab_reopen(lab);
        assert_int_equal(lab_try(lab, SPAN("released"), false, provider, "christian"), QUARANTINE_RELEASED);
        lab_list(lab, &list);
        for (size_t i = 0; i < list.n; i++) {
            assert_true(list.at[i].released_until_s || list.at[i].state == INCIDENT_QUARANTINED);
            memcpy(lab->id, list.at[i].incident.id, sizeof lab->id);
            assert_true(delete_it(lab));
        }
        assert_true(list.n == 2 || (list.n == 1 && !is_done));
        quarantine_list_fini(&list);
        assert_files(lab, 0, 0);
    }
}

static void killed_there_it_shows_whole_incidents_only(void **state)
{
    faults.is_plain = true;
    killed_at_any_call_it_shows_whole_incidents_only(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLAIN(killed_there_it_shows_whole_incidents_only),
        IN_LAB(killed_at_any_call_it_shows_whole_incidents_only),
        IN_LAB(killed_in_a_release_it_is_released_or_not),
        IN_LAB(killed_in_a_deletion_it_is_whole_or_gone),
        IN_LAB(killed_while_it_makes_room_it_keeps_the_release),
    };
    return cmocka_run_group_tests(tests, NULL, free_trace);
}
