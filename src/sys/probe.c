#include "sys/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/wait.h>
#include <unistd.h>

/* An errno fits into an exit status. */
static void check_and_exit(const char *path, int mode, const struct identity *identity)
{
    if (!privileges_drop(identity, PRIVILEGES_NONE))
        _exit(EPERM);
    _exit(access(path, mode) == 0 ? 0 : errno);
}

int probe_access(const char *path, int mode, const struct identity *identity)
{
    pid_t pid;
    int status;

    if (geteuid() != 0)
        return access(path, mode) == 0 ? 0 : errno;
    pid = fork();
    if (pid < 0)
        return errno;
    if (pid == 0)
        check_and_exit(path, mode, identity);
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return EPERM;
    return WEXITSTATUS(status);
}

static void act_and_exit(const struct identity *identity, int (*act)(void *context, struct buf *error),
                         void *context, int answer_fd)
{
    struct buf error = {0};
    int result = privileges_drop(identity, PRIVILEGES_NONE) ? act(context, &error) : EPERM;
    ssize_t written = write(answer_fd, error.p, error.n < PIPE_BUF ? error.n : PIPE_BUF);

    _exit(written < 0 ? EIO : result);
}

static void take_answer(int fd, struct buf *error)
{
    char text[PIPE_BUF];
    ssize_t n;

    while ((n = read(fd, text, sizeof text)) > 0)
        buf_add(error, (struct span){text, (size_t)n});
}

int probe_run(const struct identity *identity, int (*act)(void *context, struct buf *error), void *context,
              struct buf *error)
{
    int ends[2], status = 0;
    pid_t pid;

    if (geteuid() != 0)
        return act(context, error);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    pid = fork();
    if (pid == 0)
        act_and_exit(identity, act, context, ends[1]);
    close(ends[1]);
    if (pid > 0)
        take_answer(ends[0], error);
    close(ends[0]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return EPERM;
    return WEXITSTATUS(status);
}
