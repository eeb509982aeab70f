/* clamav_probe: plays the parent and scan for one postern-clamav, so that a test can have files scanned.
 *
 *     clamav_probe PROGRAM ARGUMENTS...
 *
 * Starts the program with a channel as descriptor 3, and prints a line of JSON: {"ready": PID} or, when it
 * ends, {"exit": STATUS} (negative: a signal). Then reads commands, one per line, and answers each with one
 * line:
 *
 *     sealed MS FILE     scans the file as a sealed memfd, deadline MS; answers {"kind": ..., "reason": ...,
 *                        "name": ..., ...} or {"died": 0}
 *     file MS FILE       as a sealed memfd, and as a file instead of a mail
 *     neither MS FILE    as a sealed memfd, with an invalid kind
 *     unsealed MS FILE   as a memfd without seals
 *     disk MS FILE       opened read-only
 *     writable MS FILE   opened for reading and writing
 *     shorter MS FILE    as a sealed memfd, announced one byte longer than it is
 *     kill               asks the loader to kill the worker; answers {"died": 0} when it is gone
 *     worker             waits until there is a worker: {"worker": 0}
 *     scan               replaces scan, as if the previous one had died: {"scan": 0}
 *
 * One worker, one message at a time. Ends when its input ends. */
#include "proc/ipc/ipc.h"
#include "net/channel.h"

#include "base/buf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct event_base *base;
static struct ipc *parent, *scan, *worker;
static pid_t program;
static uint64_t last_id;
static bool is_ready, was_lost;
static struct ipc_verdict answer;
static bool is_answered;

static void on_worker(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    memcpy(&answer, payload, sizeof answer);
    is_answered = true;
}

static void on_worker_closed(void *context, struct ipc *ipc)
{
    ipc_free(&worker);
    was_lost = true;
}

static const struct ipc_handlers worker_handlers = {on_worker, on_worker_closed};

static void on_loader(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    if (kind != IPC_WORKER)
        return;
    if (worker)
        was_lost = true;
    ipc_free(&worker);
    worker = ipc_new(base, fd, ROLE_SCAN, ROLE_WORKER, 0, &worker_handlers, NULL);
}

static void on_parent(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    is_ready = is_ready || kind == IPC_READY;
}

static void on_ended(void *context, struct ipc *ipc)
{
    int status = 0;

    waitpid(program, &status, 0);
    printf("{\"exit\": %d}\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    exit(0);
}

static void on_scan_ended(void *context, struct ipc *ipc)
{
    ipc_free(&scan);
}

static const struct ipc_handlers parent_handlers = {on_parent, on_ended};
static const struct ipc_handlers scan_handlers = {on_loader, on_scan_ended};

static void start(char **argv)
{
    int ends[2];

    if (!channel_pair(ends))
        exit(2);
    program = fork();
    if (program == 0) {
        dup2(ends[1], 3);
        fcntl(3, F_SETFD, 0);
        execv(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    parent = ipc_new(base, ends[0], ROLE_PARENT, ROLE_CLAMAV, 0, &parent_handlers, NULL);
}

static void become_scan(void)
{
    int ends[2];

    if (!channel_pair(ends))
        exit(2);
    ipc_free(&worker);
    ipc_free(&scan);
    ipc_send(parent, IPC_PEER, &(struct ipc_peer){ROLE_SCAN, 0}, ends[1]);
    close(ends[1]);
    scan = ipc_new(base, ends[0], ROLE_SCAN, ROLE_CLAMAV, 0, &scan_handlers, NULL);
}

static void turn(void)
{
    event_base_loop(base, EVLOOP_ONCE);
}

static void await_worker(void)
{
    while (!worker || !is_ready)
        turn();
}

static int memory_copy(const char *path, bool sealed)
{
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    char bytes[65536];
    ssize_t n;

    while ((n = read(from, bytes, sizeof bytes)) > 0)
        if (write(to, bytes, (size_t)n) != n)
            exit(2);
    close(from);
    if (sealed)
        fcntl(to, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    return to;
}

static int message(const char *how, const char *path)
{
    if (strcmp(how, "disk") == 0)
        return open(path, O_RDONLY | O_CLOEXEC);
    if (strcmp(how, "writable") == 0)
        return open(path, O_RDWR | O_CLOEXEC);
    return memory_copy(path, strcmp(how, "unsealed") != 0);
}

static uint8_t kind_of(const char *how)
{
    if (strcmp(how, "neither") == 0)
        return MESSAGE_KINDS;
    return strcmp(how, "file") == 0 ? MESSAGE_FILE : MESSAGE_MAIL;
}

static void ask(const char *how, uint64_t deadline_ms, const char *path)
{
    int fd = message(how, path);
    struct stat status;
    struct ipc_check check = {.id = ++last_id, .deadline_ms = deadline_ms, .kind = kind_of(how)};

    if (fd < 0 || fstat(fd, &status) < 0)
        exit(2);
    check.size = (uint64_t)status.st_size + (strcmp(how, "shorter") == 0);
    await_worker();
    is_answered = was_lost = false;
    ipc_send(worker, IPC_CHECK, &check, fd);
    close(fd);
    while (!is_answered && !was_lost)
        turn();
    if (is_answered)
        printf("{\"kind\": \"%s\", \"reason\": \"%s\", \"name\": \"%s\", \"signatures\": \"%s\", \"ours\": "
               "%s}\n",
               verdict_kind_name((enum verdict_kind)answer.verdict.kind),
               verdict_unscannable_name((enum unscannable)answer.verdict.reason), answer.verdict.name,
               answer.verdict.signatures, answer.id == last_id ? "true" : "false");
    else
        printf("{\"died\": 0}\n");
}

static void obey(char *line)
{
    char how[16], path[1024];
    unsigned long long deadline_ms;

    if (strcmp(line, "worker\n") == 0) {
        await_worker();
        printf("{\"worker\": 0}\n");
    } else if (strcmp(line, "kill\n") == 0) {
        await_worker();
        was_lost = false;
        ipc_send(scan, IPC_KILL, &(struct ipc_worker){0}, -1);
        while (!was_lost)
            turn();
        printf("{\"died\": 0}\n");
    } else if (strcmp(line, "scan\n") == 0) {
        become_scan();
        printf("{\"scan\": 0}\n");
    } else if (sscanf(line, "%15s %llu %1023[^\n]", how, &deadline_ms, path) == 3) {
        ask(how, deadline_ms, path);
    } else {
        exit(2);
    }
}

int main(int argc, char **argv)
{
    char line[2048];

    if (argc < 2)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    base = event_base_new();
    start(argv + 1);
    become_scan();
    await_worker();
    printf("{\"ready\": %d}\n", (int)program);
    while (fgets(line, sizeof line, stdin))
        obey(line);
    return 0;
}
