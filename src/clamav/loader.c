#include "clamav/loader.h"

#include "base/buf.h"
#include "base/log.h"
#include "clamav/signature_set.h"
#include "clamav/temp_directory.h"
#include "clamav/worker.h"
#include "proc/ipc/child.h"
#include "net/channel.h"
#include "sys/event_watch.h"
#include "sys/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SHORT_LIFE_MS = 100, PAUSE_MS = 200 };

struct slot {
    struct loader *loader;
    pid_t pid;   /* 0: not running */
    int channel; /* scan's end of the worker's channel; -1: already sent, or there is no worker */
    uint64_t born_ms;
    bool is_unwanted;          /* it was killed because the scan process asked for that */
    struct event *retry_timer; /* forks the next worker after a pause */
    char temp[TEMP_PATH_MAX];
};

struct loader {
    const struct loader_options *options;
    struct event_base *base;
    struct signature_set set;
    struct ipc *parent, *scan;
    struct event *child_died;
    struct slot *slots;
    bool is_ready_reported, is_stopping;
    int status;
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void stop(struct loader *loader, int status)
{
    loader->is_stopping = true;
    loader->status = status;
    event_base_loopexit(loader->base, NULL);
}

static unsigned index_of(const struct slot *slot)
{
    return (unsigned)(slot - slot->loader->slots);
}

static void send_channel(struct slot *slot)
{
    struct ipc_worker message = {index_of(slot)};

    if (slot->channel < 0 || !slot->loader->scan)
        return;
    ipc_send(slot->loader->scan, IPC_WORKER, &message, slot->channel);
    close(slot->channel);
    slot->channel = -1;
}

static void run_child(const struct slot *slot, int channel, pid_t loader)
{
    struct worker_start start = {slot->loader->set.engine, slot->loader->set.version, slot->temp, channel,
                                 loader};

    _exit(worker_main(&start));
}

/* Signals are blocked during the fork, and in the child until process_reset_signals. Until then the child has
 * the loader's signal handler, which would write to the pipe of the loader's event loop. */
static pid_t fork_child(const struct slot *slot, int channel)
{
    pid_t loader = getpid();
    sigset_t all, before;
    pid_t pid;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid = fork();
    if (pid == 0)
        run_child(slot, channel, loader);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}

static void retry_later(struct slot *slot)
{
    struct timeval pause = {0, PAUSE_MS * 1000};

    event_add(slot->retry_timer, &pause);
}

static void report_ready(struct loader *loader)
{
    if (!loader->is_ready_reported)
        ipc_send(loader->parent, IPC_READY, &(struct ipc_none){0}, -1);
    loader->is_ready_reported = true;
}

static void fork_worker(struct slot *slot)
{
    int ends[2];
    bool has_directory;

    slot->born_ms = now_ms();
    slot->is_unwanted = false;
    has_directory = temp_directory_make(slot->temp, slot->loader->options->temp, index_of(slot));
    if (!has_directory || !channel_pair(ends)) {
        log_text(EVENT_worker, "cannot start a worker: %s: %m", has_directory ? "socketpair" : slot->temp);
        retry_later(slot);
        return;
    }
    slot->pid = fork_child(slot, ends[1]);
    close(ends[1]);
    if (slot->pid < 0) {
        log_text(EVENT_worker, "cannot start a worker: fork: %m");
        slot->pid = 0;
        close(ends[0]);
        retry_later(slot);
        return;
    }
    slot->channel = ends[0];
    send_channel(slot);
    report_ready(slot->loader);
}

static void on_retry_timer(evutil_socket_t fd, short what, void *context)
{
    struct slot *slot = context;

    if (!slot->loader->is_stopping)
        fork_worker(slot);
}

static void log_death(const struct slot *slot, int status)
{
    struct log_line line;
    bool is_signal = WIFSIGNALED(status);

    log_begin_at(&line, is_signal && !slot->is_unwanted ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG,
                 EVENT_worker_died);
    log_number(&line, "worker", index_of(slot));
    log_number(&line, "pid", (uint64_t)slot->pid);
    log_number(&line, is_signal ? "signal" : "status",
               (uint64_t)(is_signal ? WTERMSIG(status) : WEXITSTATUS(status)));
    log_end(&line);
}

static void reap(struct slot *slot, int status)
{
    log_death(slot, status);
    slot->pid = 0;
    if (slot->channel >= 0)
        close(slot->channel);
    slot->channel = -1;
    if (slot->loader->is_stopping)
        return;
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CONFIG)
        stop(slot->loader, EXIT_CONFIG);
    else if (now_ms() - slot->born_ms < SHORT_LIFE_MS)
        retry_later(slot);
    else
        fork_worker(slot);
}

/* Kills a worker that a signal has suspended, so that its message goes to another worker before the
 * deadline. */
static void kill_stopped(const struct slot *slot)
{
    struct log_line line;

    log_begin(&line, EVENT_worker_stopped);
    log_number(&line, "worker", index_of(slot));
    log_number(&line, "pid", (uint64_t)slot->pid);
    log_string(&line, "text", "a worker was stopped by a signal; it is killed and replaced");
    log_end(&line);
    kill(slot->pid, SIGKILL);
}

static void on_child_died(evutil_socket_t signal, short what, void *context)
{
    struct loader *loader = context;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0)
        for (unsigned i = 0; i < loader->options->workers; i++) {
            if (loader->slots[i].pid != pid)
                continue;
            if (WIFSTOPPED(status))
                kill_stopped(&loader->slots[i]);
            else
                reap(&loader->slots[i], status);
        }
}

static void on_scan_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct loader *loader = context;
    const struct ipc_worker *worker = payload;

    if (worker->index >= loader->options->workers) {
        ipc_violation(ipc, "no such worker");
    } else if (loader->slots[worker->index].pid > 0) {
        loader->slots[worker->index].is_unwanted = true;
        kill(loader->slots[worker->index].pid, SIGKILL);
    }
}

static void on_scan_closed(void *context, struct ipc *ipc)
{
    struct loader *loader = context;

    if (loader->parent)
        ipc_report_end(loader->parent, ipc);
    ipc_free(&loader->scan);
    if (loader->is_stopping)
        event_base_loopexit(loader->base, NULL);
}

static const struct ipc_handlers scan_handlers = {on_scan_message, on_scan_closed};

static void send_loaded(struct loader *loader)
{
    struct ipc_loaded loaded = {.published_s = loader->set.published_s};

    _Static_assert(sizeof loaded.signatures == sizeof loader->set.version, "size of the signature version");
    memcpy(loaded.signatures, loader->set.version, sizeof loaded.signatures);
    ipc_send(loader->scan, IPC_LOADED, &loaded, -1);
}

/* Workers of the previous scan process are useless to the new one. They exit when their channel closes, but
 * may not have noticed that yet. Therefore they are killed. */
static void connect_scan(struct loader *loader, unsigned index, int fd)
{
    ipc_free(&loader->scan);
    loader->scan = ipc_new(loader->base, fd, ROLE_CLAMAV, ROLE_SCAN, index, &scan_handlers, loader);
    send_loaded(loader);
    for (unsigned i = 0; i < loader->options->workers; i++) {
        struct slot *slot = &loader->slots[i];

        if (slot->channel >= 0)
            send_channel(slot);
        else if (slot->pid > 0)
            kill(slot->pid, SIGKILL);
    }
}

static void on_parent_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct loader *loader = context;
    const struct ipc_peer *peer = payload;

    if (kind == IPC_PEER && peer->role == ROLE_SCAN) {
        connect_scan(loader, peer->index, fd);
    } else if (kind == IPC_STOP) {
        /* If there is a channel to the scan process, the loader ends when that process closes it. */
        loader->is_stopping = true;
        if (!loader->scan)
            event_base_loopexit(loader->base, NULL);
    } else if (fd >= 0) {
        close(fd);
    }
}

static void on_parent_closed(void *context, struct ipc *ipc)
{
    stop(context, EXIT_SUCCESS);
}

static const struct ipc_handlers parent_handlers = {on_parent_message, on_parent_closed};

static void make_slots(struct loader *loader)
{
    loader->slots = mem_grow(NULL, loader->options->workers, sizeof *loader->slots);
    for (unsigned i = 0; i < loader->options->workers; i++) {
        struct slot *slot = &loader->slots[i];

        *slot = (struct slot){.loader = loader, .channel = -1};
        slot->retry_timer = event_new(loader->base, -1, 0, on_retry_timer, slot);
        fork_worker(slot);
    }
}

static void end_workers(struct loader *loader)
{
    for (unsigned i = 0; i < loader->options->workers; i++) {
        struct slot *slot = &loader->slots[i];

        if (slot->pid > 0) {
            kill(slot->pid, SIGKILL);
            waitpid(slot->pid, NULL, 0);
        }
        temp_directory_remove(slot->temp);
    }
}

/* From now on the loader only manages workers: it forks and kills them, makes and removes their directories,
 * and sends their channels to the scan process. Workers that are forked from now on inherit this sandbox. It
 * therefore also allows the calls with which a worker enters its own sandbox, and all calls that the worker's
 * sandbox allows. */
static bool enter_sandbox(void)
{
    static const int own_calls[] = {
        SCMP_SYS(clone),
        SCMP_SYS(wait4),
        SCMP_SYS(kill),
        SCMP_SYS(getppid),
        SCMP_SYS(socketpair),
        SCMP_SYS(pipe2),
        SCMP_SYS(set_robust_list),
        SCMP_SYS(rseq),
        SCMP_SYS(prctl),
        SCMP_SYS(seccomp),
        SCMP_SYS(uname),
        SCMP_SYS(close_range),
        SCMP_SYS(prlimit64),
        SCMP_SYS(landlock_create_ruleset),
        SCMP_SYS(landlock_add_rule),
        SCMP_SYS(landlock_restrict_self),
        SCMP_SYS(setrlimit),
        SCMP_SYS(setitimer),
        SCMP_SYS(getrlimit),
        SCMP_SYS(getgid),
        SCMP_SYS(getegid),
    };
    int calls[sizeof own_calls / sizeof *own_calls + WORKER_CALLS_MAX];
    size_t n = sizeof own_calls / sizeof *own_calls;

    memcpy(calls, own_calls, sizeof own_calls);
    memcpy(calls + n, worker_calls, worker_call_count * sizeof *worker_calls);
    return sandbox_restrict_calls(calls, n + worker_call_count);
}

int loader_main(const struct loader_options *options, int parent_fd)
{
    struct loader loader = {.options = options, .base = event_base_new()};

    signal(SIGPIPE, SIG_IGN);
    if (!signature_set_load(&loader.set, options->database, options->temp, &options->limits))
        return EXIT_CONFIG;
    loader.parent = ipc_new(loader.base, parent_fd, ROLE_CLAMAV, ROLE_PARENT, 0, &parent_handlers, &loader);
    loader.child_died = evsignal_new(loader.base, SIGCHLD, on_child_died, &loader);
    event_watch(loader.child_died);
    make_slots(&loader);
    if (enter_sandbox())
        event_base_dispatch(loader.base);
    else
        loader.status = EXIT_FAILURE;
    end_workers(&loader);
    return loader.status;
}
