#include "cmd/engine_trial.h"

#include "base/log.h"
#include "proc/parent/child_start.h"
#include "proc/scan_builtin.h"
#include "scan/clamd_call.h"
#include "scan/clamd_reply.h"
#include "scan/engine_clamd.h"
#include "scan/engine_command.h"
#include "scan/engine_trust.h"
#include "net/channel.h"
#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ASK_MS = 5000 };

struct outcome {
    struct engine_state state;
    unsigned threads; /* MaxThreads of clamd; 0: unknown */
};

/* State of the child process. */
struct trial {
    const struct conf *conf;
    enum engine_kind kind;
    struct event_base *base;
    struct self_test test;
    struct engine *engine; /* wrapped by scan/engine_trust */
    struct ipc *loader;    /* of the built-in engine; this process acts as its parent */
};

static const char *name_of(enum engine_kind kind)
{
    return kind == ENGINE_BUILTIN ? "builtin" : kind == ENGINE_CLAMD ? "clamd" : "command";
}

static void on_test_ended(void *context, bool was_wrong)
{
    event_base_loopexit(((struct trial *)context)->base, NULL);
}

static void ignore_change(void *context)
{
}

static void on_loader_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    if (fd >= 0)
        close(fd);
}

/* Reports nothing: the loader has logged why it exits. */
static void on_loader_closed(void *context, struct ipc *ipc)
{
    struct trial *trial = context;

    ipc_free(&trial->loader);
    event_base_loopexit(trial->base, NULL);
}

static const struct ipc_handlers loader_handlers = {on_loader_message, on_loader_closed};

/* Called before this process drops its privileges, because the loader drops its own. Returns the channel, or
 * -1. */
static int start_loader(const struct conf *conf)
{
    int ends[2];
    pid_t pid;

    if (!channel_pair(ends))
        return -1;
    pid = process_fork();
    if (pid == 0) {
        close(ends[0]);
        log_set_process("clamav");
        _exit(clamav_main(&(struct child_start){.conf = conf, .role = ROLE_CLAMAV, .parent_fd = ends[1]}));
    }
    close(ends[1]);
    if (pid > 0)
        return ends[0];
    close(ends[0]);
    return -1;
}

static struct engine *new_builtin(struct trial *trial, int loader)
{
    struct engine *engine = scan_builtin_new(trial->base, ignore_change, trial);
    int ends[2];

    if (!channel_pair(ends))
        return engine;
    trial->loader = ipc_new(trial->base, loader, ROLE_PARENT, ROLE_CLAMAV, 0, &loader_handlers, trial);
    ipc_send(trial->loader, IPC_PEER, &(struct ipc_peer){ROLE_SCAN, 0}, ends[0]);
    close(ends[0]);
    scan_builtin_take_loader(engine, ends[1], 0);
    return engine;
}

static struct engine *new_engine(struct trial *trial, int loader, struct buf *error)
{
    if (trial->kind == ENGINE_BUILTIN)
        return new_builtin(trial, loader);
    return trial->kind == ENGINE_CLAMD ? engine_clamd_new(trial->base, trial->conf, ignore_change, trial)
                                       : engine_command_new(trial->base, trial->conf, error);
}

static void run_self_test(struct trial *trial, struct engine *engine, struct outcome *outcome)
{
    const struct engine_trust_settings settings = {
        .name = name_of(trial->kind),
        .test = &trial->test,
        .deadline_ms = trial->conf->scan.deadline_ms,
        .give_up_ms = trial->conf->scan.give_up_ms,
        .ended = on_test_ended,
        .context = trial,
    };

    trial->engine = engine_trust_new(trial->base, engine, &settings);
    event_base_dispatch(trial->base);
    engine_trust_describe(trial->engine, &outcome->state);
    engine_free(&trial->engine);
}

static void on_stats(void *context, const struct clamd_call_result *result)
{
    if (result->end == CLAMD_CALL_ANSWERED)
        *(unsigned *)context = clamd_reply_parse_threads(result->answer);
}

static void ask_threads(const struct trial *trial, struct outcome *outcome)
{
    struct event_base *base = event_base_new();

    if (trial->kind == ENGINE_CLAMD)
        clamd_call_ask(base, &trial->conf->clamd.socket, SPAN("zSTATS\0"), ASK_MS, on_stats,
                       &outcome->threads);
    event_base_dispatch(base);
    event_base_free(base);
}

static void run_child(const struct conf *conf, enum engine_kind kind, bool has_test, int result)
{
    struct trial trial = {.conf = conf, .kind = kind};
    struct outcome outcome = {.state.proof = ENGINE_UNPROVEN};
    struct buf error = {0};
    struct engine *engine = NULL;
    bool is_dropped;
    int loader = has_test && kind == ENGINE_BUILTIN ? start_loader(conf) : -1;

    log_set_level(LOG_LEVEL_ERROR);
    trial.base = event_base_new();
    is_dropped = child_drop(&(struct child_start){.conf = conf, .role = ROLE_SCAN});
    if (is_dropped && has_test && self_test_init(&trial.test, conf->scan.self_test, &error))
        engine = new_engine(&trial, loader, &error);
    if (engine)
        run_self_test(&trial, engine, &outcome);
    else
        snprintf(outcome.state.failure, sizeof outcome.state.failure, "cannot be used: %.200s",
                 buf_c_str(&error));
    if (is_dropped)
        ask_threads(&trial, &outcome);
    _exit(write(result, &outcome, sizeof outcome) == (ssize_t)sizeof outcome ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool run_in_child(const struct conf *conf, enum engine_kind kind, bool has_test,
                         struct outcome *outcome)
{
    int ends[2];
    pid_t pid;
    ssize_t n = -1;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    fflush(NULL);
    pid = process_fork();
    if (pid == 0) {
        close(ends[0]);
        run_child(conf, kind, has_test, ends[1]);
    }
    close(ends[1]);
    if (pid > 0) {
        while ((n = read(ends[0], outcome, sizeof *outcome)) < 0 && errno == EINTR)
            ;
        waitpid(pid, NULL, 0);
    }
    close(ends[0]);
    return n == (ssize_t)sizeof *outcome;
}

/* If clamd has no free thread, a message waits in clamd. There, clients are not served in turn, and the
 * deadline of the message runs. */
static void add_threads_warning(const struct conf *conf, unsigned threads, struct problems *problems)
{
    struct buf remedy = {0};

    if (threads == 0 || conf->clamd.connections < threads)
        return;
    engine_trial_threads_remedy(conf, threads, &remedy);
    problems_add(problems, false, ENGINE_TRIAL_THREADS "; %s", (unsigned)conf->clamd.connections, threads,
                 buf_c_str(&remedy));
    buf_fini(&remedy);
}

unsigned engine_trial_clamd_threads(const struct conf *conf)
{
    struct outcome outcome = {0};

    return run_in_child(conf, ENGINE_CLAMD, false, &outcome) ? outcome.threads : 0;
}

void engine_trial_threads_remedy(const struct conf *conf, unsigned threads, struct buf *remedy)
{
    if (threads > 1)
        buf_add_format(remedy, "set connections = %u in [clamd], or ", threads - 1);
    buf_add_format(remedy, "set MaxThreads %u in clamd's configuration",
                   (unsigned)conf->clamd.connections + 1);
}

static void test_engine(const struct conf *conf, enum engine_kind kind, struct problems *problems,
                        struct buf *passed)
{
    struct outcome outcome = {0};
    const char *name = name_of(kind);
    bool is_wrong_verdict;

    if (!run_in_child(conf, kind, true, &outcome)) {
        problems_add(problems, false, "engine %s could not be tested: %s", name, strerror(errno));
        return;
    }
    is_wrong_verdict = self_test_is_wrong_verdict(outcome.state.failure);
    add_threads_warning(conf, outcome.threads, problems);
    if (outcome.state.proof == ENGINE_PROVEN)
        buf_add_format(passed, "engine %s: passed its self test\n", name);
    else if (kind == ENGINE_CLAMD && !is_wrong_verdict)
        problems_add(problems, false, "engine clamd does not answer: until it does, no mail is delivered");
    else
        problems_add(problems, true,
                     "engine %s would not be used, and no mail would be delivered: the engine %s", name,
                     outcome.state.failure[0] ? outcome.state.failure : "did not start");
}

static bool is_directory(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* If the spool does not exist yet, creates a temporary directory and uses that instead. False: that has
 * failed. */
static bool prepare_spool(struct conf *conf, char *directory)
{
    struct identity identity;

    if (is_directory(conf->spool.directory))
        return true;
    if (!mkdtemp(directory) || !child_identity(conf, ROLE_SCAN, &identity) ||
        (geteuid() == 0 && chown(directory, identity.uid, identity.gid) < 0))
        return false;
    conf->spool.directory = directory;
    return true;
}

void engine_trial(const struct conf *conf, struct problems *problems, struct buf *passed)
{
    char directory[] = "/tmp/postern-check-XXXXXX", subdirectory[sizeof directory + sizeof "/scan"];
    static char no_directory[] = "";
    struct conf trial_conf = *conf;

    if (strcmp(conf->scan.self_test, "none") == 0 || !prepare_spool(&trial_conf, directory))
        return;
    trial_conf.builtin.workers = 1;
    trial_conf.postern.log_level = LOG_LEVEL_ERROR;
    if (*trial_conf.command.directory && !is_directory(trial_conf.command.directory))
        trial_conf.command.directory = no_directory;
    for (size_t i = 0; i < trial_conf.scan.engines.n; i++)
        if (trial_conf.scan.engines.at[i] != ENGINE_NONE)
            test_engine(&trial_conf, trial_conf.scan.engines.at[i], problems, passed);
    if (trial_conf.spool.directory == directory) {
        snprintf(subdirectory, sizeof subdirectory, "%s/scan", directory);
        rmdir(subdirectory);
        rmdir(directory);
    }
}
