#include "sys/oneshot_child.h"

#include "base/buf.h"
#include "base/log.h"
#include "sys/confined.h"
#include "sys/event_watch.h"
#include "sys/sandbox.h"
#include "sys/write_all.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ANSWER_FD = 0,
    INPUT_FD = 1,
    MEMORY_MAX = 1 << 30, /* address space, besides a mapped input */
};

/* Exit statuses of a child. Any other end is a crash. */
enum { EXIT_ANSWERED = 0, EXIT_NO_ANSWER = 10, EXIT_NO_SANDBOX = 11 };

struct oneshot_child {
    const struct oneshot_child_work *work;
    void *context;
    pid_t pid;
    int fd;
    struct event *readable, *deadline;
    size_t n;
    char answer[]; /* one byte more than the answer, to detect an answer that is too long */
};

const int oneshot_child_calls[] = {
    SCMP_SYS(clone),
    SCMP_SYS(wait4),
    SCMP_SYS(kill),
    SCMP_SYS(pipe2),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(close_range),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(prlimit64),
    SCMP_SYS(seccomp),
    SCMP_SYS(prctl),
    SCMP_SYS(getppid),
    SCMP_SYS(set_tid_address),
};
const size_t oneshot_child_call_count = sizeof oneshot_child_calls / sizeof *oneshot_child_calls;

static bool limit(__rlimit_resource_t resource, rlim_t max)
{
    return setrlimit(resource, &(struct rlimit){max, max}) == 0;
}

/* The files that the child keeps; output NULL: there is none. */
struct child_files {
    int input, answer;
    const struct oneshot_child_output *output;
};

static bool map_input(struct span *input)
{
    struct stat status;
    void *start;

    *input = (struct span){"", 0};
    if (fstat(INPUT_FD, &status) != 0 || status.st_size == 0)
        return status.st_size == 0;
    start = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, INPUT_FD, 0);
    *input = (struct span){start, (size_t)status.st_size};
    return start != MAP_FAILED;
}

static bool enter_sandbox(const struct oneshot_child_work *work, uint64_t output_max_bytes, size_t mapped)
{
    return limit(RLIMIT_CPU, work->deadline_ms / 1000 + 1) && limit(RLIMIT_FSIZE, output_max_bytes) &&
           limit(RLIMIT_CORE, 0) && sandbox_limit_memory(MEMORY_MAX + mapped) &&
           sandbox_restrict_to_computing(work->compute_mapped ? SANDBOX_ALLOCATE : 0);
}

/* Runs in the child. The memory for the answer was allocated before the fork. */
static void compute(const struct oneshot_child_work *work, struct oneshot_child *child,
                    const struct child_files *files, pid_t parent)
{
    const struct oneshot_child_output *output = files->output;
    const int kept[] = {files->answer, files->input, output ? output->fd : -1};
    struct span input = {0};
    bool is_computed;

    if (!confined_begin(parent, kept, output ? 3 : 2) || (work->compute_mapped && !map_input(&input)) ||
        !enter_sandbox(work, output ? output->max_bytes : 0, input.n))
        _exit(EXIT_NO_SANDBOX);
    is_computed = work->compute_mapped ? work->compute_mapped(input, child->answer)
                                       : work->compute(INPUT_FD, child->answer);
    if (!is_computed || !write_all(ANSWER_FD, (struct span){child->answer, work->answer_size}))
        _exit(EXIT_NO_ANSWER);
    _exit(EXIT_ANSWERED);
}

static void log_end_of(const struct oneshot_child *child, int status, bool is_late)
{
    if (is_late)
        log_text(EVENT_oneshot_child, "the child was killed at its deadline");
    else if (WIFSIGNALED(status))
        log_text(EVENT_oneshot_child, "the child was killed by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) == EXIT_NO_SANDBOX)
        log_text_at(LOG_LEVEL_ERROR, EVENT_oneshot_child, "the child could not enter its sandbox");
    else if (WEXITSTATUS(status) != EXIT_ANSWERED || child->n != child->work->answer_size)
        log_text(EVENT_oneshot_child, "the child gave no answer; its exit status was %d",
                 WEXITSTATUS(status));
}

/* Kills and reaps the child. Returns its wait status. If the child had ended before the kill, this is the
 * status with which it ended. */
static int reap(struct oneshot_child *child)
{
    int status = 0;

    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    child->pid = 0;
    return status;
}

static void end(struct oneshot_child *child, bool is_late)
{
    int status = reap(child);
    bool is_answered = !is_late && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_ANSWERED &&
                       child->n == child->work->answer_size;

    log_end_of(child, status, is_late);
    event_del(child->readable);
    event_del(child->deadline);
    child->work->done(child->context, is_answered ? child->answer : NULL);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct oneshot_child *child = context;
    size_t space = child->work->answer_size + 1 - child->n;
    ssize_t n = space ? read(fd, child->answer + child->n, space) : 0;

    if (n > 0)
        child->n += (size_t)n;
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        end(child, false);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    end(context, true);
}

static void watch(struct oneshot_child *child, struct event_base *base)
{
    uint64_t ms = child->work->deadline_ms;
    struct timeval after = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};

    child->readable = event_new(base, child->fd, EV_READ | EV_PERSIST, on_readable, child);
    child->deadline = event_new(base, -1, 0, on_deadline, child);
    event_watch(child->readable);
    event_add(child->deadline, &after);
}

struct oneshot_child *oneshot_child_new(struct event_base *base, const struct oneshot_child_work *work,
                                        int fd, const struct oneshot_child_output *output, void *context)
{
    struct oneshot_child *child = mem_alloc_zero(sizeof *child + work->answer_size + 1);
    pid_t self = getpid();
    int ends[2];

    assert(work->answer_size <= ONESHOT_CHILD_ANSWER_MAX);
    *child = (struct oneshot_child){.work = work, .context = context};
    if (pipe2(ends, O_CLOEXEC) != 0) {
        log_text_at(LOG_LEVEL_ERROR, EVENT_oneshot_child, "no pipe to a child: %m");
        free(child);
        return NULL;
    }
    child->pid = fork();
    if (child->pid == 0)
        compute(work, child, &(struct child_files){fd, ends[1], output}, self);
    close(ends[1]);
    if (child->pid < 0) {
        log_text_at(LOG_LEVEL_ERROR, EVENT_oneshot_child, "no child could be forked: %m");
        close(ends[0]);
        free(child);
        return NULL;
    }
    child->fd = ends[0];
    evutil_make_socket_nonblocking(child->fd);
    watch(child, base);
    return child;
}

void oneshot_child_free(struct oneshot_child **place)
{
    struct oneshot_child *child = *place;

    *place = NULL;
    if (!child)
        return;
    if (child->pid > 0)
        reap(child);
    event_free(child->readable);
    event_free(child->deadline);
    close(child->fd);
    free(child);
}
