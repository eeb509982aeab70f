#include "sys/process.h"

#include "sys/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct {
    char *p;
    size_t n;
} title_space;

void process_reset_signals(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        signal(i, i == SIGPIPE ? SIG_IGN : SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void detach_input(void)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (null < 0)
        return;
    dup2(null, STDIN_FILENO);
    if (null != STDIN_FILENO)
        close(null);
}

pid_t process_fork(void)
{
    sigset_t all, before;
    pid_t pid;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        detach_input();
        process_reset_signals();
        return 0;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}

/* Returns the smallest of these descriptors that is not below `from`; -1: none. */
static int next_kept(const int *fds, size_t n, int from)
{
    int next = -1;

    for (size_t i = 0; i < n; i++)
        if (fds[i] >= from && (next < 0 || fds[i] < next))
            next = fds[i];
    return next;
}

bool process_keep_only(const int *fds, size_t n)
{
    int from = STDERR_FILENO + 1, kept;

    for (; (kept = next_kept(fds, n, from)) >= 0; from = kept + 1)
        if (kept > from && !descriptors_close(from, kept - 1))
            return false;
    return descriptors_close(from, DESCRIPTORS_LAST);
}

bool process_hold_standard(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

/* The strings of argv and of the environment are contiguous in memory. The title can use all of that memory,
 * because the environment is copied. */
void process_title_init(int argc, char **argv)
{
    char *end = argv[argc - 1] + strlen(argv[argc - 1]) + 1;

    for (size_t i = 0; environ[i]; i++) {
        size_t size = strlen(environ[i]) + 1;
        char *moved;

        if (environ[i] == end)
            end += size;
        moved = malloc(size);
        if (!moved)
            return;
        memcpy(moved, environ[i], size);
        environ[i] = moved;
    }
    title_space.p = argv[0];
    title_space.n = (size_t)(end - argv[0]);
}

void process_title(const char *name)
{
    char comm[16];

    snprintf(comm, sizeof comm, "postern %s", name);
    prctl(PR_SET_NAME, comm, 0, 0, 0);
    if (!title_space.n)
        return;
    memset(title_space.p, 0, title_space.n);
    snprintf(title_space.p, title_space.n, "postern: %s", name);
}

bool process_reap(struct process_end *end)
{
    int status;

    end->pid = waitpid(-1, &status, WNOHANG);
    if (end->pid <= 0)
        return false;
    end->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return true;
}

char process_state(pid_t pid, uint64_t *cpu_ms)
{
    unsigned long user = 0, kernel = 0;
    char text[1024], state = 0;
    const char *after_name;
    ssize_t n;
    int fd;

    snprintf(text, sizeof text, "/proc/%ld/stat", (long)pid);
    fd = open(text, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    after_name = n > 0 ? memrchr(text, ')', (size_t)n) : NULL;
    if (!after_name)
        return 0;
    text[n] = '\0';
    if (sscanf(after_name + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &state, &user,
               &kernel) != 3)
        return 0;
    *cpu_ms = (uint64_t)(user + kernel) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
    return state;
}

int process_signals_open(const int *signals, size_t n)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < n; i++)
        sigaddset(&set, signals[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int process_signals_next(int fd)
{
    struct signalfd_siginfo info;

    return read(fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

uint64_t process_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
