#include "tests/unit/proc/parent/parent_lab.h"

#include "base/log.h"

#include <sys/prctl.h>

#define USUAL                                                                                  \
    (struct lab_settings)                                                                      \
    {                                                                                          \
        .hopeless = ROLE_COUNT, .hopeless_status = EXIT_CONFIG, .reload_mode = RELOAD_PARALLEL \
    }

struct lab_settings lab_settings = USUAL;
struct seen seen;
pid_t parent_pid;
static int notes;

void note_write(const struct note *note)
{
    if (write(STDOUT_FILENO, note, sizeof *note) != sizeof *note)
        _exit(9);
}

bool note_next(struct note *note)
{
    return read(notes, note, sizeof *note) == sizeof *note;
}

/* 127.0.0.n, at a port that the kernel chooses. */
static union inet_address loopback(uint32_t n)
{
    return (union inet_address){
        .in = {.sin_family = AF_INET, .sin_addr = {htonl((INADDR_LOOPBACK & ~(uint32_t)0xff) + n)}}};
}

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
    conf->listeners[PROTOCOL_POP3].max_sessions = 10;
    conf->listeners[PROTOCOL_POP3].listen.n = 1;
    conf->listeners[PROTOCOL_POP3].listen.at[0] = loopback(1);
    conf->listeners[OTHER_PROTOCOL].listen.n = 2;
    conf->listeners[OTHER_PROTOCOL].listen.at[0] = loopback(2);
    conf->listeners[OTHER_PROTOCOL].listen.at[1] = loopback(3);
    conf->builtin.reload = lab_settings.reload_mode;
    if (deadline_ms)
        conf->scan.deadline_ms = deadline_ms;
    return config;
}

/* The first reload of a test reads a configuration that scan cannot run with, the second fails, the third
 * succeeds. */
static struct parent_config *load(void *context, struct problems *problems)
{
    static unsigned loads;

    note_write(&(struct note){.what = LOADED});
    switch (lab_settings.first_load + loads++) {
    case 0: return new_config(UNUSABLE_DEADLINE_MS);
    case 1: problems_add(problems, true, "file:1: malformed"); return NULL;
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
    struct parent_setup setup = {.roles = actor_roles, .load = load, .unload = unload};

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* no process outlives a killed test */
    dup2(out, STDOUT_FILENO);
    close(out);
    close(notes);
    setup.config = new_config(0);
    log_set_level(LOG_LEVEL_ERROR);
    int status = parent_run(&setup);
    unload(&setup.config);
    exit(status);
}

int start_parent(void **state)
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

int end_parent(void **state)
{
    alarm(0);
    close(notes);
    if (parent_pid > 0) {
        kill(parent_pid, SIGKILL);
        waitpid(parent_pid, NULL, 0);
    }
    parent_pid = 0;
    lab_settings = USUAL;
    return 0;
}

void read_note(void)
{
    struct note *note = &seen.last;

    assert_true(note_next(note));
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

void await_all_up(void)
{
    memset(&seen, 0, sizeof seen);
    while (seen.started < PROCESSES || seen.peers < 2 * CHANNELS || seen.answers < RELAYS)
        read_note();
}

int await_end_of_parent(void)
{
    int status;

    assert_int_equal(waitpid(parent_pid, &status, 0), parent_pid);
    parent_pid = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int stop_parent(void)
{
    kill(parent_pid, SIGTERM);
    return await_end_of_parent();
}
