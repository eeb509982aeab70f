/* The life of the parent's processes: their order, what each receives, which are restarted, and when the
 * parent gives up. */
#include "tests/unit/proc/parent/parent_lab.h"

static int start_parent_without_keeper(void **state)
{
    lab_settings.hopeless = ROLE_KEEPER;
    lab_settings.hopeless_status = EXIT_CONFIG;
    return start_parent(state);
}

static int start_parent_whose_relays_fall(void **state)
{
    lab_settings.hopeless = ROLE_RELAY;
    lab_settings.hopeless_status = EXIT_FAILURE;
    return start_parent(state);
}

static void relays_start_last_and_stop_first(void **state)
{
    struct note note;
    enum role stopped[PROCESSES];
    unsigned n = 0;

    memset(&seen, 0, sizeof seen);
    while (seen.started < PROCESSES) {
        read_note();
        if (seen.last.what == STARTED && seen.last.role == ROLE_RELAY)
            assert_true(seen.started > PROCESSES - RELAYS);
    }
    while (seen.answers < RELAYS)
        read_note();
    assert_int_equal(stop_parent(), 0);
    while (note_next(&note))
        if (note.what == STOPPED)
            stopped[n++] = note.role;
    assert_int_equal(n, PROCESSES);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(stopped[i] == ROLE_RELAY, i < RELAYS);
}

static void a_child_has_its_own_descriptors_of_each_protocol_and_no_privileges(void **state)
{
    memset(&seen, 0, sizeof seen);
    while (seen.started < PROCESSES) {
        read_note();
        if (seen.last.what != STARTED)
            continue;
        assert_int_equal(seen.last.listeners, seen.last.role == ROLE_RELAY ? 3 : 0);
        if (seen.last.role == ROLE_RELAY) {
            assert_int_equal(seen.last.protocols[PROTOCOL_POP3], 1);
            assert_int_equal(seen.last.protocols[OTHER_PROTOCOL], 2);
        }
        assert_int_equal(seen.last.descriptors, 3 + 1 + seen.last.listeners);
        assert_int_equal(seen.last.uid, geteuid() == 0 ? 65534 : geteuid());
    }
}

/* Returns how many channels a process of the role has. */
static unsigned channels_of(enum role role)
{
    switch (role) {
    case ROLE_RELAY: return 3;
    case ROLE_SCAN: return RELAYS + 1;
    case ROLE_CLAMAV: return 1;
    case ROLE_READER:
    case ROLE_KEEPER:
    case ROLE_SIGNER:
    case ROLE_PAGE: return RELAYS;
    case ROLE_PARENT:
    case ROLE_WORKER:
    case ROLE_COUNT: break;
    }
    return 0;
}

static void await_new(enum role role, pid_t old)
{
    unsigned peers = seen.peers, answers = seen.answers, started = seen.started;
    unsigned answers_due = role == ROLE_KEEPER ? RELAYS : role == ROLE_RELAY ? 1 : 0;

    while (seen.started == started || seen.peers < peers + 2 * channels_of(role) ||
           seen.answers < answers + answers_due)
        read_note();
    assert_int_not_equal(seen.pids[role][0], old);
}

static void a_killed_process_is_restarted_and_connected_to_its_peers(void **state)
{
    static const enum role all[] = {ROLE_KEEPER, ROLE_READER, ROLE_SCAN, ROLE_CLAMAV, ROLE_RELAY};

    await_all_up();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        pid_t old = seen.pids[all[i]][0];

        kill(old, SIGKILL);
        await_new(all[i], old);
    }
    assert_int_equal(seen.started, PROCESSES + 5);
    assert_int_equal(stop_parent(), 0);
}

static void an_accused_process_is_killed(void **state)
{
    pid_t old;

    await_all_up();
    old = seen.pids[ROLE_SCAN][0];
    kill(seen.pids[ROLE_RELAY][1], SIGUSR1);
    await_new(ROLE_SCAN, old);
}

/* Both ends are told of a new channel, and no process is restarted. */
static void processes_that_lost_their_channel_are_connected_again(void **state)
{
    unsigned peers, started;

    await_all_up();
    peers = seen.peers;
    started = seen.started;
    kill(seen.pids[ROLE_RELAY][1], SIGHUP);
    while (seen.peers < peers + 2)
        read_note();
    assert_int_equal(seen.started, started);
    assert_int_equal(stop_parent(), 0);
}

static void a_process_that_breaks_the_table_towards_the_parent_is_killed(void **state)
{
    pid_t old;

    await_all_up();
    old = seen.pids[ROLE_READER][0];
    kill(old, SIGUSR2);
    await_new(ROLE_READER, old);
}

static void exits_when_a_process_cannot_run_with_this_configuration(void **state)
{
    struct note note;

    assert_int_equal(await_end_of_parent(), 1);
    while (note_next(&note))
        assert_int_not_equal(note.role, ROLE_RELAY);
}

static void exits_when_a_process_never_gets_ready(void **state)
{
    assert_int_equal(await_end_of_parent(), 1);
}

static void no_process_outlives_a_killed_parent(void **state)
{
    struct note note;

    await_all_up();
    kill(parent_pid, SIGKILL);
    while (note_next(&note)) /* ends when the last process has closed the pipe */
        ;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start_parent, end_parent)
    const struct CMUnitTest tests[] = {
        T(relays_start_last_and_stop_first),
        T(a_child_has_its_own_descriptors_of_each_protocol_and_no_privileges),
        T(a_killed_process_is_restarted_and_connected_to_its_peers),
        T(an_accused_process_is_killed),
        T(processes_that_lost_their_channel_are_connected_again),
        T(a_process_that_breaks_the_table_towards_the_parent_is_killed),
        T(no_process_outlives_a_killed_parent),
        cmocka_unit_test_setup_teardown(exits_when_a_process_cannot_run_with_this_configuration,
                                        start_parent_without_keeper, end_parent),
        cmocka_unit_test_setup_teardown(exits_when_a_process_never_gets_ready, start_parent_whose_relays_fall,
                                        end_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
