/* The parent with the real machinery and small mains of its own, which tell through a pipe what they see. */
#include "proc/parent.h"

#include "base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum happening { STARTED, PEER, ANSWERED, STOPPED, RETIRED, LOADED };

enum { INDEXES = 8 };

/* Written in one piece to standard output, the one descriptor that the parent leaves to its children. */
struct note {
    enum happening what;
    enum role role, peer;
    unsigned index;
    pid_t pid;
    uid_t uid;
    unsigned descriptors, listeners;
};

struct actor {
    const struct child_start *start;
    struct event_base *base;
    struct ipc *parent, *peers[ROLE_COUNT][INDEXES];
};

static enum role hopeless = ROLE_COUNT;
static int hopeless_status = EXIT_CONFIG;
/* A configuration with it is one that scan cannot run with. */
enum { DEADLINE_OF_NO_USE = 1 };

static unsigned count_descriptors(void)
{
    unsigned count = 0;

    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void tell(const struct actor *actor, enum happening what, enum role peer)
{
    struct note note = {.what = what,
                        .role = actor->start->role,
                        .peer = peer,
                        .index = actor->start->index,
                        .pid = getpid(),
                        .uid = getuid(),
                        .descriptors = what == STARTED ? count_descriptors() : 0,
                        .listeners = (unsigned)actor->start->listener_count};

    if (write(STDOUT_FILENO, &note, sizeof note) != sizeof note)
        _exit(9);
}

static const struct ipc_handlers handlers;

/* A relay asks each keeper it is given; so its channel is known to reach the living one. */
static void meet(struct actor *actor, const struct ipc_peer *peer, int fd)
{
    struct ipc **place = &actor->peers[peer->role][peer->index];

    ipc_free(place);
    *place =
        ipc_new(actor->base, fd, actor->start->role, (enum role)peer->role, peer->index, &handlers, actor);
    tell(actor, PEER, (enum role)peer->role);
    if (actor->start->role == ROLE_RELAY && peer->role == ROLE_KEEPER)
        ipc_send(*place, IPC_STORE, &(struct ipc_store){.id = 5}, STDIN_FILENO);
}

static void on_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct actor *actor = context;

    if (kind == IPC_PEER) {
        meet(actor, payload, fd);
    } else if (kind == IPC_STOP) {
        tell(actor, STOPPED, ROLE_PARENT);
        event_base_loopbreak(actor->base);
    } else if (kind == IPC_RETIRE) {
        tell(actor, RETIRED, ROLE_PARENT);
        event_base_loopbreak(actor->base);
    } else if (kind == IPC_LEAVE) {
        const struct ipc_peer *left = payload;

        ipc_free(&actor->peers[left->role][left->index]);
    } else if (kind == IPC_STORE) {
        close(fd);
        ipc_send(ipc, IPC_STORED, &(struct ipc_stored){.id = ((const struct ipc_store *)payload)->id}, -1);
    } else if (kind == IPC_STORED) {
        tell(actor, ANSWERED, ROLE_KEEPER);
    }
}

static void on_closed(void *context, struct ipc *ipc)
{
    struct actor *actor = context;

    if (ipc == actor->parent)
        event_base_loopbreak(actor->base);
    else
        ipc_free(&actor->peers[ipc_peer_role(ipc)][ipc_peer_index(ipc)]);
}

static const struct ipc_handlers handlers = {on_message, on_closed};

/* SIGUSR1: accuse scan. SIGUSR2: break the table. */
static void on_signal(evutil_socket_t signal, short what, void *context)
{
    struct actor *actor = context;

    if (signal == SIGUSR1)
        ipc_accuse(actor->parent, actor->peers[ROLE_SCAN][0]);
    else
        ipc_send(actor->parent, IPC_READY, &(struct ipc_ready){0}, -1);
}

static int act(const struct child_start *start)
{
    struct actor actor = {.start = start};
    struct event *signals[2];

    if (start->role == hopeless ||
        (start->role == ROLE_SCAN && start->conf->scan.deadline_ms == DEADLINE_OF_NO_USE))
        return hopeless_status;
    tell(&actor, STARTED, ROLE_PARENT);
    actor.base = event_base_new();
    signals[0] = evsignal_new(actor.base, SIGUSR1, on_signal, &actor);
    signals[1] = evsignal_new(actor.base, SIGUSR2, on_signal, &actor);
    event_add(signals[0], NULL);
    event_add(signals[1], NULL);
    actor.parent = ipc_new(actor.base, start->parent_fd, start->role, ROLE_PARENT, 0, &handlers, &actor);
    ipc_send(actor.parent, IPC_READY, &(struct ipc_ready){0}, -1);
    event_base_dispatch(actor.base);
    ipc_free(&actor.parent);
    for (size_t i = 0; i < ROLE_COUNT * INDEXES; i++)
        ipc_free(&actor.peers[i / INDEXES][i % INDEXES]);
    event_free(signals[0]);
    event_free(signals[1]);
    event_base_free(actor.base);
    return 0;
}

static const struct parent_role roles[ROLE_COUNT] = {
    [ROLE_KEEPER] = {.main = act, .leaves_network = true},
    [ROLE_READER] = {.main = act, .dies_with_parent = true},
    [ROLE_SCAN] = {.main = act, .peers = 1u << ROLE_CLAMAV},
    [ROLE_CLAMAV] = {.main = act},
    [ROLE_RELAY] = {.main = act,
                    .peers = 1u << ROLE_SCAN | 1u << ROLE_READER | 1u << ROLE_KEEPER,
                    .is_late = true},
};

enum { RELAYS = 2, PROCESSES = RELAYS + 4, CHANNELS = RELAYS * 3 + 1 };

static pid_t parent_pid;
static int notes;

static enum signature_reload reload_mode;

static struct parent_config *new_config(uint64_t deadline_ms)
{
    struct parent_config *config = calloc(1, sizeof *config);
    struct conf *conf = &config->conf;

    conf_set_defaults(conf);
    conf->postern.log_level = LOG_LEVEL_ERROR;
    free(conf->postern.user);
    free(conf->postern.runtime_directory);
    conf->postern.user = strdup("nobody");
    conf->postern.runtime_directory = strdup("/nonexistent/run");
    conf->postern.relays = RELAYS;
    conf->postern.readers = 1;
    conf->pop3.max_sessions = 10;
    conf->pop3.listen.n = 1;
    conf->pop3.listen.at[0].in =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    conf->builtin.reload = reload_mode;
    if (deadline_ms)
        conf->scan.deadline_ms = deadline_ms;
    return config;
}

/* The first reload of a test reads something that scan cannot run with, the second nothing at all, the third
 * what is good. */
static unsigned loads, first_load;

static struct parent_config *load(void *context, struct conf_problems *problems)
{
    struct note note = {.what = LOADED};

    if (write(STDOUT_FILENO, &note, sizeof note) != sizeof note)
        _exit(9);
    switch (first_load + loads++) {
    case 0: return new_config(DEADLINE_OF_NO_USE);
    case 1: conf_problem_add(problems, true, "file:1: nonsense"); return NULL;
    default: return new_config(0);
    }
}

static void unload(struct parent_config **config)
{
    conf_fini(&(*config)->conf);
    free(*config);
    *config = NULL;
}

static void be_parent(int out)
{
    struct parent_setup setup = {.roles = roles, .load = load, .unload = unload};

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is killed leaves nobody behind */
    dup2(out, STDOUT_FILENO);
    close(out);
    close(notes);
    setup.config = new_config(0);
    log_set_level(LOG_LEVEL_ERROR);
    int status = parent_run(&setup);
    unload(&setup.config);
    exit(status);
}

static int start_parent(void **state)
{
    int tube[2];

    if (pipe(tube) != 0)
        return -1;
    notes = tube[0];
    alarm(60);
    parent_pid = fork();
    if (parent_pid == 0)
        be_parent(tube[1]);
    close(tube[1]);
    return 0;
}

/* Also what ends it when a test failed half-way. */
static int end_parent(void **state)
{
    alarm(0);
    close(notes);
    if (parent_pid > 0) {
        kill(parent_pid, SIGKILL);
        waitpid(parent_pid, NULL, 0);
    }
    parent_pid = 0;
    first_load = 0;
    reload_mode = RELOAD_PARALLEL;
    hopeless = ROLE_COUNT;
    hopeless_status = EXIT_CONFIG;
    return 0;
}

static int start_parent_without_keeper(void **state)
{
    hopeless = ROLE_KEEPER;
    hopeless_status = EXIT_CONFIG;
    return start_parent(state);
}

static int start_parent_whose_relays_fall(void **state)
{
    hopeless = ROLE_RELAY;
    hopeless_status = EXIT_FAILURE;
    return start_parent(state);
}

static bool next(struct note *note)
{
    return read(notes, note, sizeof *note) == sizeof *note;
}

/* What is known of the processes, from what they told. */
static struct {
    pid_t pids[ROLE_COUNT][RELAYS];
    unsigned started, peers, answers, stopped, retired, loaded;
    struct note last;
} seen;

static void follow(void)
{
    struct note *note = &seen.last;

    assert_true(next(note));
    switch (note->what) {
    case STARTED:
        seen.started++;
        seen.pids[note->role][note->index % RELAYS] = note->pid;
        break;
    case PEER: seen.peers++; break;
    case ANSWERED: seen.answers++; break;
    case STOPPED: seen.stopped++; break;
    case RETIRED: seen.retired++; break;
    case LOADED: seen.loaded++; break;
    }
}

static void await_all_up(void)
{
    memset(&seen, 0, sizeof seen);
    while (seen.started < PROCESSES || seen.peers < 2 * CHANNELS || seen.answers < RELAYS)
        follow();
}

static int stop_parent(void)
{
    int status;

    kill(parent_pid, SIGTERM);
    assert_int_equal(waitpid(parent_pid, &status, 0), parent_pid);
    parent_pid = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void relays_start_last_and_stop_first(void **state)
{
    struct note note;
    enum role stopped[PROCESSES];
    unsigned n = 0;

    memset(&seen, 0, sizeof seen);
    while (seen.started < PROCESSES) {
        follow();
        if (seen.last.what == STARTED && seen.last.role == ROLE_RELAY)
            assert_true(seen.started > PROCESSES - RELAYS);
    }
    while (seen.answers < RELAYS)
        follow();
    assert_int_equal(stop_parent(), 0);
    while (next(&note))
        if (note.what == STOPPED)
            stopped[n++] = note.role;
    assert_int_equal(n, PROCESSES);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(stopped[i] == ROLE_RELAY, i < RELAYS);
}

static void a_child_has_its_own_descriptors_and_no_privileges(void **state)
{
    memset(&seen, 0, sizeof seen);
    while (seen.started < PROCESSES) {
        follow();
        if (seen.last.what != STARTED)
            continue;
        assert_int_equal(seen.last.listeners, seen.last.role == ROLE_RELAY);
        assert_int_equal(seen.last.descriptors, 3 + 1 + seen.last.listeners);
        assert_int_equal(seen.last.uid, geteuid() == 0 ? 65534 : geteuid());
    }
}

/* How many channels a role's process has. */
static unsigned channels_of(enum role role)
{
    switch (role) {
    case ROLE_RELAY: return 3;
    case ROLE_SCAN: return RELAYS + 1;
    case ROLE_CLAMAV: return 1;
    case ROLE_READER:
    case ROLE_KEEPER: return RELAYS;
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
        follow();
    assert_int_not_equal(seen.pids[role][0], old);
}

static void whoever_is_killed_is_started_again_and_joined_to_its_peers(void **state)
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
    int status;
    struct note note;

    assert_int_equal(waitpid(parent_pid, &status, 0), parent_pid);
    parent_pid = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    while (next(&note))
        assert_int_not_equal(note.role, ROLE_RELAY);
}

static void exits_when_a_process_never_gets_ready(void **state)
{
    int status;

    assert_int_equal(waitpid(parent_pid, &status, 0), parent_pid);
    parent_pid = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
}

static int start_parent_that_reloads_well(void **state)
{
    first_load = 2;
    return start_parent(state);
}

/* Each of the old ones goes, and each new relay has a keeper that answers. */
static void a_reload_replaces_everybody(void **state)
{
    await_all_up();
    for (unsigned round = 1; round <= 3; round++) {
        unsigned answers = seen.answers;

        kill(parent_pid, SIGHUP);
        while (seen.started < PROCESSES * (round + 1) || seen.retired < RELAYS * round ||
               seen.stopped < (PROCESSES - RELAYS) * round || seen.answers < answers + RELAYS)
            follow();
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
        follow();
    kill(parent_pid, SIGHUP); /* waits for the first to have failed */
    while (seen.loaded < 2)
        follow();
    kill(parent_pid, SIGHUP);
    while (seen.loaded < 3)
        follow();
    assert_int_equal(seen.retired, 0);
    assert_int_equal(kill(scan, 0), 0);
    while (seen.retired < RELAYS)
        follow();
    assert_int_equal(stop_parent(), 0);
}

static int start_parent_with_little_memory(void **state)
{
    reload_mode = RELOAD_RESTART;
    return start_parent_that_reloads_well(state);
}

static void with_reload_by_restart_the_old_engine_goes_before_the_new_one_comes(void **state)
{
    unsigned gone = 0, relays_before;

    await_all_up();
    kill(parent_pid, SIGHUP);
    relays_before = seen.retired;
    while (gone < 2) {
        follow();
        gone += seen.last.what == STOPPED && (seen.last.role == ROLE_SCAN || seen.last.role == ROLE_CLAMAV);
        assert_false(seen.last.what == STARTED && seen.last.role == ROLE_CLAMAV);
    }
    assert_int_equal(relays_before, 0);
    while (seen.started < PROCESSES * 2 || seen.retired < RELAYS)
        follow();
    assert_int_equal(stop_parent(), 0);
}

static int start_parent_with_little_memory_and_bad_luck(void **state)
{
    reload_mode = RELOAD_RESTART;
    return start_parent(state);
}

/* The first configuration is one that scan cannot run with: then there is a scan with the old one. */
static void what_had_to_go_first_comes_back_if_the_new_one_cannot_run(void **state)
{
    pid_t scan;

    await_all_up();
    scan = seen.pids[ROLE_SCAN][0];
    kill(parent_pid, SIGHUP);
    while (seen.pids[ROLE_SCAN][0] == scan && seen.pids[ROLE_SCAN][1] == 0)
        follow();
    assert_int_equal(seen.loaded, 1);
    assert_int_equal(seen.retired, 0);
    assert_int_equal(stop_parent(), 0);
}

/* Whoever was replaced stays dead, and who replaced it is started again. */
static void after_a_reload_the_new_ones_are_started_again(void **state)
{
    unsigned started;

    await_all_up();
    kill(parent_pid, SIGHUP);
    while (seen.started < PROCESSES * 2 || seen.retired < RELAYS || seen.stopped < PROCESSES - RELAYS)
        follow();
    started = seen.started;
    kill(seen.pids[ROLE_SCAN][1], SIGKILL);
    while (seen.started == started)
        follow();
    assert_int_equal(seen.last.role, ROLE_SCAN);
    assert_int_equal(stop_parent(), 0);
}

static void nobody_outlives_a_killed_parent(void **state)
{
    struct note note;

    await_all_up();
    kill(parent_pid, SIGKILL);
    while (next(&note)) /* ends when the last process has closed its end of the pipe */
        ;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start_parent, end_parent)
    const struct CMUnitTest tests[] = {
        T(relays_start_last_and_stop_first),
        T(a_child_has_its_own_descriptors_and_no_privileges),
        T(whoever_is_killed_is_started_again_and_joined_to_its_peers),
        T(an_accused_process_is_killed),
        T(a_process_that_breaks_the_table_towards_the_parent_is_killed),
        T(nobody_outlives_a_killed_parent),
        T(a_reload_that_fails_changes_nothing),
        cmocka_unit_test_setup_teardown(a_reload_replaces_everybody, start_parent_that_reloads_well,
                                        end_parent),
        cmocka_unit_test_setup_teardown(with_reload_by_restart_the_old_engine_goes_before_the_new_one_comes,
                                        start_parent_with_little_memory, end_parent),
        cmocka_unit_test_setup_teardown(what_had_to_go_first_comes_back_if_the_new_one_cannot_run,
                                        start_parent_with_little_memory_and_bad_luck, end_parent),
        cmocka_unit_test_setup_teardown(after_a_reload_the_new_ones_are_started_again,
                                        start_parent_that_reloads_well, end_parent),
        cmocka_unit_test_setup_teardown(exits_when_a_process_cannot_run_with_this_configuration,
                                        start_parent_without_keeper, end_parent),
        cmocka_unit_test_setup_teardown(exits_when_a_process_never_gets_ready, start_parent_whose_relays_fall,
                                        end_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
