#include "sys/tool.h"

#include "sys/launch.h"
#include "sys/process.h"
#include "sys/write_all.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_SIZE = 16384 };

/* Descriptors; -1: not open. `output` and `error` are the ends of the pipes from which this process reads. */
struct ends {
    int output, error;
    int child_output, child_error;
    /* A memfd with the whole input. Writing to a memfd does not wait for the program. A socket is not
     * possible, because nft opens /dev/stdin. */
    int input;
};

static bool find(const char *name, struct buf *path)
{
    static const char *const directories[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};

    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        buf_clear(path);
        buf_add_format(path, "%s/%s", directories[i], name);
        if (access(buf_c_str(path), X_OK) == 0)
            return true;
    }
    buf_clear(path);
    return false;
}

bool tool_exists(const char *name)
{
    struct buf path = {0};
    bool exists = find(name, &path);

    buf_fini(&path);
    return exists;
}

static bool open_pipe(int *ours, int *childs)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    *ours = ends[0];
    *childs = ends[1];
    return true;
}

static bool open_ends(struct ends *ends, struct span input)
{
    ends->input = memfd_create("input", MFD_CLOEXEC);
    return ends->input >= 0 && write_all(ends->input, input) && lseek(ends->input, 0, SEEK_SET) == 0 &&
           open_pipe(&ends->output, &ends->child_output) && open_pipe(&ends->error, &ends->child_error) &&
           fcntl(ends->output, F_SETFL, O_NONBLOCK) == 0 && fcntl(ends->error, F_SETFL, O_NONBLOCK) == 0;
}

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void shut_child_ends(struct ends *ends)
{
    shut(&ends->child_output);
    shut(&ends->child_error);
    shut(&ends->input);
}

static void shut_all(struct ends *ends)
{
    shut_child_ends(ends);
    shut(&ends->output);
    shut(&ends->error);
}

static void take(int fd, struct buf *into)
{
    ssize_t n;

    do {
        n = read(fd, buf_reserve(into, READ_SIZE), READ_SIZE);
        into->n += n > 0 ? (size_t)n : 0;
    } while (n > 0 || (n < 0 && errno == EINTR));
}

static int left_ms(uint64_t deadline_ms)
{
    uint64_t now = process_clock_ms();

    return now >= deadline_ms ? 0 : deadline_ms - now > INT32_MAX ? INT32_MAX : (int)(deadline_ms - now);
}

/* Reads until the program ends. Does not wait for other processes that hold its pipes. False: the deadline
 * has passed, or poll failed. */
static bool read_output(int pid_fd, const struct ends *ends, uint64_t deadline_ms, struct tool_result *result)
{
    struct pollfd polled[] = {{pid_fd, POLLIN, 0}, {ends->output, POLLIN, 0}, {ends->error, POLLIN, 0}};
    bool has_ended = false;

    while (!has_ended) {
        int n = poll(polled, sizeof polled / sizeof *polled, left_ms(deadline_ms));

        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        has_ended = n > 0 && polled[0].revents;
        take(ends->output, &result->output);
        take(ends->error, &result->error);
        for (size_t i = 1; n > 0 && i < 3; i++)
            if (polled[i].revents & POLLHUP)
                polled[i].fd = -1;
    }
    return true;
}

static void fail(struct tool_result *result, const char *name, const char *what)
{
    result->status = -1;
    buf_clear(&result->error);
    buf_add_format(&result->error, "%s: %s", name, what);
}

static void reap(pid_t pid, bool is_late, const char *name, struct tool_result *result)
{
    int status = 0;

    if (is_late)
        kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (is_late)
        fail(result, name, "took too long and was killed");
    else if (WIFEXITED(status))
        result->status = WEXITSTATUS(status);
    else
        fail(result, name, strsignal(WTERMSIG(status)));
}

static void run(const char *path, const char *const *argv, struct ends *ends, uint64_t deadline_ms,
                struct tool_result *result)
{
    static char locale[] = "LC_ALL=C";
    static char *const environment[] = {locale, NULL};
    const int fds[] = {ends->input, ends->child_output, ends->child_error};
    struct launched child;
    int error = launch(&(struct launch){path, (char *const *)(uintptr_t)argv, environment, fds, 3}, &child);

    shut_child_ends(ends);
    if (error) {
        fail(result, argv[0], strerror(error));
        return;
    }
    reap(child.pid, !read_output(child.fd, ends, deadline_ms, result), argv[0], result);
    close(child.fd);
}

bool tool_run(const char *const *argv, struct span input, uint64_t timeout_ms, struct tool_result *result)
{
    struct buf path = {0};
    struct ends ends = {-1, -1, -1, -1, -1};

    *result = (struct tool_result){.status = -1};
    if (!find(argv[0], &path))
        fail(result, argv[0], "not installed (not in /usr/sbin, /usr/bin, /sbin, /bin)");
    else if (!open_ends(&ends, input))
        fail(result, argv[0], strerror(errno));
    else
        run(buf_c_str(&path), argv, &ends, process_clock_ms() + timeout_ms, result);
    shut_all(&ends);
    buf_fini(&path);
    return result->status == 0;
}

void tool_result_fini(struct tool_result *result)
{
    buf_fini(&result->output);
    buf_fini(&result->error);
}
