#include "sys/run.h"

#include "base/buf.h"
#include "sys/event_watch.h"
#include "sys/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_SIZE = 16384 };

struct run {
    pid_t pid; /* 0: not started */
    int pid_fd, output_fd;
    struct event *ended, *readable, *deadline;
    struct buf output;
    size_t output_max;
    enum run_end end;
    int code;
    void (*done)(void *context, const struct run_result *result);
    void *context;
};

static void close_all(const int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static int launch_with(struct run *run, const struct run_request *request, int null, int output)
{
    const int fds[RUN_FD + 1] = {null, output, output, request->fd};
    struct launched child;
    size_t n = request->fd < 0 ? RUN_FD : RUN_FD + 1;
    int error = launch(&(struct launch){request->argv[0], request->argv, NULL, fds, n}, &child);

    if (!error) {
        run->pid = child.pid;
        run->pid_fd = child.fd;
    }
    return error;
}

/* Returns 0 or an errno. On success, run owns the child and the reading end of the pipe. */
static int start(struct run *run, const struct run_request *request)
{
    int output[2] = {-1, -1}, null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int error = 0;

    if (null < 0 || pipe2(output, O_CLOEXEC) < 0 || fcntl(output[0], F_SETFL, O_NONBLOCK) < 0)
        error = errno;
    if (!error)
        error = launch_with(run, request, null, output[1]);
    if (!error) {
        run->output_fd = output[0];
        output[0] = -1;
    }
    close_all((int[]){null, output[0], output[1]}, 3);
    return error;
}

static void kill_group(struct run *run)
{
    if (run->pid > 0)
        kill(-run->pid, SIGKILL);
}

/* Returns whether more output may follow. */
static bool read_some(struct run *run)
{
    char *end = buf_reserve(&run->output, READ_SIZE);
    ssize_t n = read(run->output_fd, end, READ_SIZE);

    if (n > 0)
        run->output.n += (size_t)n;
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Truncates the output to output_max. Returns whether it was longer. */
static bool cut_output(struct run *run)
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
    if (cut_output(run)) {
        event_del(run->readable);
        run->end = RUN_OUTPUT_MAX;
        kill_group(run);
    }
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    struct run *run = context;

    if (run->end == RUN_EXITED)
        run->end = RUN_DEADLINE;
    kill_group(run);
}

void run_stop(struct run *run)
{
    if (run->deadline)
        on_deadline(-1, EV_TIMEOUT, run);
}

/* Reads the rest of the output, which is in the pipe when the program has ended. Does not wait for other
 * processes that hold the pipe. */
static void drain(struct run *run)
{
    size_t before;

    do {
        before = run->output.n;
        read_some(run);
    } while (run->output.n > before && run->output.n <= run->output_max);
    if (cut_output(run))
        run->end = RUN_OUTPUT_MAX;
}

static void reap(struct run *run)
{
    siginfo_t info = {0};

    kill_group(run); /* the pid cannot be reused before the program is reaped */
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

    if (run->deadline)
        event_del(run->deadline);
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
    struct timeval after = {(time_t)(deadline_ms / 1000), (suseconds_t)(deadline_ms % 1000 * 1000)};

    run->ended = event_new(base, run->pid_fd, EV_READ, on_ended, run);
    run->readable = event_new(base, run->output_fd, EV_READ | EV_PERSIST, on_readable, run);
    run->deadline = event_new(base, -1, 0, on_deadline, run);
    event_watch(run->ended);
    event_watch(run->readable);
    event_add(run->deadline, &after);
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
    if (r->deadline)
        event_free(r->deadline);
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
