#include "sys/launch.h"

#include "sys/descriptors.h"
#include "sys/privileges.h"
#include "sys/process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Opens the pipe through which the child reports errno. The child's end is moved above the numbers that
 * arrange_descriptors assigns. */
static bool open_report(int ends[2])
{
    int low;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    low = ends[1];
    ends[1] = fcntl(low, F_DUPFD_CLOEXEC, LAUNCH_FDS_MAX);
    close(low);
    if (ends[1] < 0)
        close(ends[0]);
    return ends[1] >= 0;
}

/* Moves the descriptors to 0, 1, 2 ... First duplicates them to high numbers, so that no move overwrites a
 * descriptor that is still to be moved. */
static bool arrange_descriptors(const int *fds, size_t n)
{
    int lifted[LAUNCH_FDS_MAX];

    for (size_t i = 0; i < n; i++)
        if ((lifted[i] = fcntl(fds[i], F_DUPFD, LAUNCH_FDS_MAX)) < 0)
            return false;
    if (!descriptors_close_on_exec(0, DESCRIPTORS_LAST))
        return false;
    for (size_t i = 0; i < n; i++)
        if (dup2(lifted[i], (int)i) < 0)
            return false;
    return true;
}

/* Runs in the child. */
static _Noreturn void execute(const struct launch *launch, int report, pid_t parent)
{
    int error;

    privileges_set_parent_death_signal(parent);
    signal(SIGPIPE, SIG_DFL);
    if (arrange_descriptors(launch->fds, launch->fd_count))
        execvpe(launch->program, launch->argv, launch->environment ? launch->environment : environ);
    error = errno;
    if (write(report, &error, sizeof error) < 0)
        _exit(126);
    _exit(127);
}

static int await_exec(int report)
{
    int error = 0;
    ssize_t n;

    do
        n = read(report, &error, sizeof error);
    while (n < 0 && errno == EINTR);
    return n == sizeof error ? error : 0;
}

static void kill_and_reap(pid_t pid)
{
    kill(-pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

int launch(const struct launch *launch, struct launched *child)
{
    pid_t self = getpid(), pid;
    int report[2], error, fd = -1;

    assert(launch->fd_count <= LAUNCH_FDS_MAX);
    if (!open_report(report))
        return errno;
    pid = process_fork();
    if (pid == 0)
        execute(launch, report[1], self);
    error = pid < 0 ? errno : 0;
    close(report[1]);
    if (!error)
        error = await_exec(report[0]);
    close(report[0]);
    if (!error && (fd = pidfd_open(pid, 0)) < 0)
        error = errno;
    if (error && pid > 0)
        kill_and_reap(pid);
    if (!error)
        *child = (struct launched){pid, fd};
    return error;
}
