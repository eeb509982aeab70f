#include "sys/log_output.h"

#include "base/log.h"
#include "sys/event_watch.h"
#include "sys/process.h"
#include "sys/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIPE_BYTES = 1 << 20, CHUNK = 65536, RETRY_S = 1 };

static struct log_losses *share(void)
{
    struct log_losses *losses =
        mmap(NULL, sizeof *losses, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    losses = losses == MAP_FAILED ? NULL : losses;
    log_sink_share(losses);
    return losses;
}

void log_output_share(void)
{
    share();
}

/* Replaces standard error by another open file for the same pipe or terminal, because other processes share
 * the flags of the original one. */
static bool reopen(void)
{
    int fd = open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    bool is_done = fd >= 0 && dup2(fd, STDERR_FILENO) == STDERR_FILENO;

    if (fd >= 0)
        close(fd);
    return is_done;
}

static void replace_by_pipe(struct log_output *output)
{
    int ends[2] = {-1, -1}, original = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

    if (original < 0 || pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0 ||
        dup2(ends[1], STDERR_FILENO) != STDERR_FILENO) {
        log_text(EVENT_log_may_wait,
                 "the log could not be made non-blocking: while it cannot be written, the service waits: %m");
        if (original >= 0)
            close(original);
        original = -1;
    } else {
        fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES);
        output->pipe = ends[0];
    }
    output->original = original;
    if (ends[1] >= 0)
        close(ends[1]);
}

void log_output_open(struct log_output *output)
{
    struct stat status;

    *output = (struct log_output){.original = -1, .pipe = -1, .writer_fd = -1};
    if (fstat(STDERR_FILENO, &status) == 0 && !S_ISSOCK(status.st_mode)) {
        bool may_open = S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode);

        if (!may_open || !reopen())
            replace_by_pipe(output);
    }
    output->losses = share();
}

/* Writes the lines. Those that cannot be written, for example to a full disk, are counted as lost. */
static void pass_on(struct span lines)
{
    if (log_report_lost())
        lines = span_from(lines, log_sink_write(lines));
    log_sink_count_lost(lines);
}

/* Passes on the whole lines. With `is_last`, a text without any line end is passed on, too. Returns the
 * number of octets passed on. */
static size_t pass_on_lines(struct span text, bool is_last)
{
    const char *last = text.n ? memrchr(text.p, '\n', text.n) : NULL;
    size_t n = last ? (size_t)(last - text.p) + 1 : is_last ? text.n : 0;

    pass_on(span_first(text, n));
    return n;
}

/* Copies the lines to standard error until no process can write to the pipe. Reports how many of them were
 * lost. */
static void copy(int from)
{
    static char text[CHUNK];
    struct pollfd lines = {.fd = from, .events = POLLIN};
    size_t n = 0, done;
    ssize_t got = 1;

    while (got > 0) {
        if (poll(&lines, 1, log_report_lost() ? -1 : RETRY_S * 1000) <= 0)
            continue;
        got = read(from, text + n, sizeof text - n);
        n += got > 0 ? (size_t)got : 0;
        done = pass_on_lines((struct span){text, n}, got <= 0 || n == sizeof text);
        memmove(text, text + done, n -= done);
    }
}

/* The writer's own standard error must not be the pipe. Otherwise the writer would never read the end of the
 * pipe. */
static void run_writer(const struct log_output *output)
{
    static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

    process_title("log");
    log_set_process("log");
    dup2(output->original, STDERR_FILENO);
    log_sink_share(NULL);
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN); /* these signals end the other processes, and the writer must end last */
    if (!process_keep_only(&output->pipe, 1) || !privileges_drop(&output->identity, PRIVILEGES_NONE) ||
        !sandbox_restrict_paths(NULL, 0, false) || !sandbox_restrict_calls(NULL, 0))
        _exit(EXIT_FAILURE);
    copy(output->pipe);
    _exit(EXIT_SUCCESS);
}

static void start_writer(struct log_output *output);

static void on_retry(evutil_socket_t fd, short what, void *context)
{
    start_writer(context);
}

static void forget_writer(struct log_output *output)
{
    if (output->ended)
        event_free(output->ended);
    output->ended = NULL;
    if (output->writer_fd >= 0)
        close(output->writer_fd);
    output->writer_fd = -1;
}

/* Code that reaps all children may have reaped the writer already. waitid then fails, without harm. */
static void on_ended(evutil_socket_t fd, short what, void *context)
{
    struct log_output *output = context;
    siginfo_t info;

    waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG);
    forget_writer(output);
    log_text(EVENT_log_writer_ended, "the process that writes the log has ended; another one is started");
    event_add(output->retry_timer, &(struct timeval){RETRY_S, 0});
}

static void start_writer(struct log_output *output)
{
    pid_t pid = process_fork();

    if (pid == 0)
        run_writer(output);
    output->writer_fd = pid < 0 ? -1 : pidfd_open(pid, 0);
    if (output->writer_fd < 0) {
        log_text(EVENT_log_not_written, "the process that writes the log could not be started: %m");
        event_add(output->retry_timer, &(struct timeval){RETRY_S, 0});
        return;
    }
    output->ended =
        event_new(event_get_base(output->retry_timer), output->writer_fd, EV_READ, on_ended, output);
    event_watch(output->ended);
}

void log_output_serve(struct log_output *output, struct event_base *base, const struct identity *identity)
{
    if (output->original < 0)
        return;
    output->identity = *identity;
    output->retry_timer = event_new(base, -1, 0, on_retry, output);
    start_writer(output);
}

void log_output_leave(struct log_output *output)
{
    if (output->ended)
        event_free(output->ended);
    if (output->retry_timer)
        event_free(output->retry_timer);
    output->ended = output->retry_timer = NULL;
}

void log_output_close(struct log_output *output)
{
    struct pollfd writer = {.fd = output->writer_fd, .events = POLLIN};

    if (output->original >= 0) {
        log_report_lost();
        dup2(output->original, STDERR_FILENO); /* closes the last descriptor that can write to the pipe */
        if (writer.fd >= 0)
            poll(&writer, 1, LOG_OUTPUT_CLOSE_MS);
        else
            copy(output->pipe);
        close(output->pipe);
        close(output->original);
    }
    forget_writer(output);
    log_sink_share(NULL);
    if (output->losses)
        munmap(output->losses, sizeof *output->losses);
    *output = (struct log_output){.original = -1, .pipe = -1, .writer_fd = -1};
}
