#include "clamav/worker.h"

#include "base/log.h"
#include "clamav/message_scan.h"
#include "clamav/sanitizer.h"
#include "proc/ipc/child.h"
#include "sys/descriptors.h"
#include "sys/privileges.h"
#include "sys/process.h"
#include "sys/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CHANNEL_FD = 3 };

static const uint64_t memory_extra_bytes = 2ULL << 30;

static const bool is_sanitized = IS_SANITIZED;

struct worker {
    const struct worker_start *start;
    struct event_base *base;
    struct ipc *scan;
};

/* System calls that libclamav was observed to make besides the common ones: for files in its temporary
 * directory, and in its parts written in Rust. On arm64, some calls exist only in the variant with "at". */
const int worker_calls[] = {
    SCMP_SYS(open),      SCMP_SYS(openat),   SCMP_SYS(stat),        SCMP_SYS(lstat),
    SCMP_SYS(statx),     SCMP_SYS(access),   SCMP_SYS(faccessat),   SCMP_SYS(faccessat2),
    SCMP_SYS(unlink),    SCMP_SYS(unlinkat), SCMP_SYS(mkdir),       SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),     SCMP_SYS(rename),   SCMP_SYS(renameat),    SCMP_SYS(renameat2),
    SCMP_SYS(chmod),     SCMP_SYS(fchmod),   SCMP_SYS(fchmodat),    SCMP_SYS(getdents64),
    SCMP_SYS(fadvise64), SCMP_SYS(fsync),    SCMP_SYS(fdatasync),   SCMP_SYS(dup2),
    SCMP_SYS(dup3),      SCMP_SYS(times),    SCMP_SYS(getrusage),   SCMP_SYS(sched_yield),
    SCMP_SYS(getuid),    SCMP_SYS(geteuid),  SCMP_SYS(sigaltstack),
};

const size_t worker_call_count = sizeof worker_calls / sizeof worker_calls[0];
_Static_assert(sizeof worker_calls / sizeof worker_calls[0] <= WORKER_CALLS_MAX, "WORKER_CALLS_MAX");

/* Moves the channel to CHANNEL_FD and closes the loader's descriptors. */
static bool keep_own_descriptors(int channel)
{
    return dup2(channel, CHANNEL_FD) == CHANNEL_FD && descriptors_close(CHANNEL_FD + 1, DESCRIPTORS_LAST);
}

/* Returns the size of the address space in use; 0: unknown. */
static uint64_t address_space_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long long pages = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%llu", &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Sets no limit in a sanitizer build, whose shadow memory takes terabytes of address space. */
static bool limit_memory(void)
{
    uint64_t now = address_space_bytes();
    struct rlimit limit = {now + memory_extra_bytes, now + memory_extra_bytes};

    return is_sanitized || (now && setrlimit(RLIMIT_AS, &limit) == 0);
}

static bool enter_sandbox(const struct worker_start *start)
{
    const struct sandbox_path paths[] = {{start->temp_directory, SANDBOX_READ | SANDBOX_WRITE}};
    const struct rlimit no_core = {0, 0};

    if (!limit_memory() || setrlimit(RLIMIT_CORE, &no_core) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        log_text(EVENT_sandbox_failed, "limits: %m");
        return false;
    }
    return sandbox_restrict_paths(paths, 1, false) && sandbox_restrict_calls(worker_calls, worker_call_count);
}

static void on_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct worker *worker = context;
    const struct ipc_check *check = payload;
    struct ipc_verdict answer = {.id = check->id};

    if (!message_kind_is_valid(check->kind)) {
        close(fd);
        ipc_violation(ipc, "a message that is neither mail nor file");
        return;
    }
    answer.verdict = message_scan(worker->start->engine, fd, check->size, check->deadline_ms,
                                  (enum message_kind)check->kind);
    snprintf(answer.verdict.engine, sizeof answer.verdict.engine, "builtin");
    snprintf(answer.verdict.signatures, sizeof answer.verdict.signatures, "%s", worker->start->signatures);
    close(fd);
    ipc_send(ipc, IPC_CHECKED, &answer, -1);
}

static void on_closed(void *context, struct ipc *ipc)
{
    struct worker *worker = context;

    event_base_loopexit(worker->base, NULL);
}

static const struct ipc_handlers handlers = {on_message, on_closed};

int worker_main(const struct worker_start *start)
{
    struct worker worker = {.start = start};
    cl_error_t result;

    process_reset_signals();
    log_set_process("worker");
    privileges_set_parent_death_signal(start->loader);
    if (!keep_own_descriptors(start->channel))
        return EXIT_FAILURE;
    result = cl_engine_set_str(start->engine, CL_ENGINE_TMPDIR, start->temp_directory);
    worker.base = event_base_new();
    if (result != CL_SUCCESS || !worker.base || !enter_sandbox(start))
        return EXIT_CONFIG;
    worker.scan = ipc_new(worker.base, CHANNEL_FD, ROLE_WORKER, ROLE_SCAN, 0, &handlers, &worker);
    event_base_dispatch(worker.base);
    return EXIT_SUCCESS;
}
