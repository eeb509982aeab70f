#include "sys/run.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_SIZE = 16384 };

struct run {
    pid_t pid; /* 0: never started */
    int pid_fd, output_fd;
    struct event *ended, *readable, *late;
    struct buf output;
    size_t output_max;
    enum run_end end;
    int code;
    void (*done)(void *context, const struct run_result *result);
    void *context;
};

/* What the child needs, each above the numbers it will be moved to. */
struct child_fds {
    int message, output, null, error;
};

static int above(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 16);
}

static bool child_arranges(const struct child_fds *fds)
{
    return dup2(fds->null, STDIN_FILENO) >= 0 && dup2(fds->output, STDOUT_FILENO) >= 0 &&
           dup2(fds->output, STDERR_FILENO) >= 0 && dup2(fds->message, RUN_FD) >= 0 &&
           dup3(fds->error, RUN_FD + 1, O_CLOEXEC) >= 0 && close_range(RUN_FD + 2, ~0U, 0) == 0;
}

static void child_resets_signals(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Runs in the child. errno goes through the error pipe, which a successful exec closes. */
static void child_executes(const struct child_fds *fds, char *const *argv, pid_t parent)
{
    int error_fd = fds->error;
    int error;

    child_resets_signals();
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent && child_arranges(fds)) {
        error_fd = RUN_FD + 1;
        execvp(argv[0], argv);
    }
    error = errno ? errno : ECHILD;
    if (write(error_fd, &error, sizeof error) < 0)
        _exit(126);
    _exit(127);
}

/* Zero, or the child's errno. Returns as soon as the child has executed its program or failed to. */
static int await_exec(int fd)
{
    int error = 0;
    ssize_t n;

    do
        n = read(fd, &error, sizeof error);
    while (n < 0 && errno == EINTR);
    return n == sizeof error ? error : 0;
}

static int fork_child(struct run *run, const struct child_fds *fds, const int *error_pipe, char *const *argv)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    int error;

    if (pid < 0)
        return errno;
    if (pid == 0)
        child_executes(fds, argv, parent);
    close(fds->error);
    setpgid(pid, pid); /* both sides do it: whoever comes first */
    error = await_exec(error_pipe[0]);
    run->pid_fd = error ? -1 : pidfd_open(pid, 0);
    if (!error && run->pid_fd < 0)
        error = errno;
    if (error) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return error;
    }
    run->pid = pid;
    return 0;
}

static void close_all(const int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* Zero or an errno. On success run owns the child and the reading end of its output. */
static int start(struct run *run, const struct run_request *request)
{
    int output[2] = {-1, -1};
    int error[2] = {-1, -1};
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct child_fds fds = {-1, -1, -1, -1};
    int code = 0;

    if (null < 0 || pipe2(output, O_CLOEXEC) < 0 || pipe2(error, O_CLOEXEC) < 0 ||
        (fds.message = above(request->fd)) < 0 || (fds.output = above(output[1])) < 0 ||
        (fds.null = above(null)) < 0 || (fds.error = above(error[1])) < 0 ||
        fcntl(output[0], F_SETFL, O_NONBLOCK) < 0)
        code = errno;
    if (error[1] >= 0)
        close(error[1]);
    if (!code) {
        code = fork_child(run, &fds, error, request->argv);
        fds.error = -1; /* closed there, before it read */
        run->output_fd = code ? -1 : output[0];
    }
    close_all((int[]){null, output[1], error[0], fds.message, fds.output, fds.null, fds.error,
                      run->output_fd == output[0] ? -1 : output[0]},
              8);
    return code;
}

static void kill_group(struct run *run)
{
    if (run->pid > 0)
        kill(-run->pid, SIGKILL);
}

/* True when there may be more later. */
static bool read_some(struct run *run)
{
    char *room = buf_reserve(&run->output, READ_SIZE);
    ssize_t n = read(run->output_fd, room, READ_SIZE);

    if (n > 0)
        run->output.n += (size_t)n;
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool is_too_much(struct run *run)
{
    if (run->output.n <= run->output_max)
        return false;
    run->output.n = run->output_max;
    return true;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct run *run = context;

    if (!read_some(run))
        event_del(run->readable);
    if (is_too_much(run)) {
        event_del(run->readable);
        run->end = RUN_TALKATIVE;
        kill_group(run);
    }
}

static void on_late(evutil_socket_t fd, short what, void *context)
{
    struct run *run = context;

    if (run->end == RUN_EXITED)
        run->end = RUN_DEADLINE;
    kill_group(run);
}

/* The rest of the output is in the pipe when the program has ended; whoever else holds the pipe is not waited
 * for. */
static void drain(struct run *run)
{
    size_t before;

    do {
        before = run->output.n;
        read_some(run);
    } while (run->output.n > before && run->output.n <= run->output_max);
    if (is_too_much(run))
        run->end = RUN_TALKATIVE;
}

static void reap(struct run *run)
{
    siginfo_t info = {0};

    kill_group(run); /* before it is reaped: its number cannot be another's yet */
    if (waitid(P_PIDFD, (id_t)run->pid_fd, &info, WEXITED) < 0)
        info.si_code = CLD_KILLED;
    run->pid = 0;
    run->code = info.si_status;
    if (run->end == RUN_EXITED && info.si_code != CLD_EXITED)
        run->end = RUN_SIGNALED;
}

static void on_ended(evutil_socket_t fd, short what, void *context)
{
    struct run *run = context;
    struct run_result result;

    if (run->late)
        event_del(run->late);
    if (run->readable)
        event_del(run->readable);
    event_del(run->ended);
    if (run->pid > 0) {
        if (run->end == RUN_EXITED)
            drain(run);
        reap(run);
    }
    result = (struct run_result){run->end, run->code, buf_span(&run->output)};
    run->done(run->context, &result);
}

static void watch(struct run *run, struct event_base *base, uint64_t deadline_ms)
{
    struct timeval late = {(time_t)(deadline_ms / 1000), (suseconds_t)(deadline_ms % 1000 * 1000)};

    run->ended = event_new(base, run->pid_fd, EV_READ, on_ended, run);
    run->readable = event_new(base, run->output_fd, EV_READ | EV_PERSIST, on_readable, run);
    run->late = event_new(base, -1, 0, on_late, run);
    event_add(run->ended, NULL);
    event_add(run->readable, NULL);
    event_add(run->late, &late);
}

struct run *run_new(struct event_base *base, const struct run_request *request,
                    void (*done)(void *context, const struct run_result *result), void *context)
{
    struct run *run = mem_alloc_zero(sizeof *run);

    run->pid_fd = run->output_fd = -1;
    run->output_max = request->output_max;
    run->done = done;
    run->context = context;
    run->code = start(run, request);
    if (run->code) {
        run->end = RUN_NOT_STARTED;
        run->ended = event_new(base, -1, 0, on_ended, run);
        event_active(run->ended, EV_TIMEOUT, 1);
    } else {
        run->end = RUN_EXITED;
        watch(run, base, request->deadline_ms);
    }
    return run;
}

void run_free(struct run **run)
{
    struct run *r = *run;

    if (!r)
        return;
    if (r->pid > 0)
        reap(r);
    if (r->ended)
        event_free(r->ended);
    if (r->readable)
        event_free(r->readable);
    if (r->late)
        event_free(r->late);
    close_all((int[]){r->pid_fd, r->output_fd}, 2);
    buf_fini(&r->output);
    free(r);
    *run = NULL;
}

unsigned run_processors(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

    return n > 0 ? (unsigned)n : 1;
}
