#include "sys/launch.h"

#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char *const *words(const char *const *argv)
{
    return (char *const *)(uintptr_t)argv;
}

static void reap(const struct launched *child)
{
    assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
    close(child->fd);
}

/* Reads until the other end is closed everywhere. */
static struct buf read_all(int fd)
{
    struct buf text = {0};
    ssize_t n;

    while ((n = read(fd, buf_reserve(&text, 4096), 4096)) > 0)
        text.n += (size_t)n;
    assert_int_equal(n, 0);
    return text;
}

static int moved(int fd, int (*move)(int fd))
{
    int to = move(fd);

    assert_true(to >= 0);
    close(fd);
    return to;
}

static int up(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 20);
}

static int to_three(int fd)
{
    return dup2(fd, 3);
}

static int to_four(int fd)
{
    return dup2(fd, 4);
}

/* Avoids the low numbers that tests use. */
static void open_pipe(int tube[2])
{
    assert_int_equal(pipe2(tube, O_CLOEXEC), 0);
    tube[0] = moved(tube[0], up);
    tube[1] = moved(tube[1], up);
}

/* Returns what the script writes to its standard output. */
static struct buf output_of(const char *script, char *const *environment)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    int tube[2];
    struct launched child;
    struct buf text;

    open_pipe(tube);
    assert_int_equal(launch(&(struct launch){"/bin/sh", words(argv), environment,
                                             (int[]){STDIN_FILENO, tube[1], tube[1]}, 3},
                            &child),
                     0);
    close(tube[1]);
    text = read_all(tube[0]);
    close(tube[0]);
    reap(&child);
    return text;
}

#define CHECK_OUTPUT(script, environment, expected)        \
    do {                                                   \
        struct buf text_ = output_of(script, environment); \
        assert_string_equal(buf_c_str(&text_), expected);  \
        buf_fini(&text_);                                  \
    } while (0)

/* Each one is in the other's place. Descriptor 9 has no FD_CLOEXEC, and is closed all the same. */
static void descriptors_come_in_order_and_no_others(void **state)
{
    const char *argv[] = {"sh", "-c",
                          "echo three >&3; echo four >&4; ! test -e /proc/self/fd/9 && echo alone >&4", NULL};
    int three[2], four[2];
    struct launched child;
    struct buf text;

    open_pipe(three);
    open_pipe(four);
    three[1] = moved(three[1], to_four);
    four[1] = moved(four[1], to_three);
    assert_int_equal(dup2(STDERR_FILENO, 9), 9);
    assert_int_equal(
        launch(&(struct launch){"sh", words(argv), NULL, (int[]){0, 2, 2, three[1], four[1]}, 5}, &child), 0);
    close(three[1]);
    close(four[1]);
    close(9);
    text = read_all(three[0]);
    assert_string_equal(buf_c_str(&text), "three\n");
    buf_fini(&text);
    text = read_all(four[0]);
    assert_string_equal(buf_c_str(&text), "four\nalone\n");
    buf_fini(&text);
    close(three[0]);
    close(four[0]);
    reap(&child);
}

static unsigned open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned n = 0;

    assert_non_null(directory);
    while (readdir(directory))
        n++;
    closedir(directory);
    return n;
}

static int error_of(const char *program)
{
    const char *argv[] = {"program", NULL};
    struct launched child = {0};
    int error = launch(&(struct launch){program, words(argv), NULL, (int[]){0, 1, 2}, 3}, &child);

    assert_int_equal(child.pid, 0);
    return error;
}

static void says_why_there_is_no_program_and_leaves_nothing(void **state)
{
    unsigned before = open_descriptors();

    assert_int_equal(error_of("/nonexistent/program"), ENOENT);
    assert_int_equal(error_of("no-such-program"), ENOENT);
    assert_int_equal(error_of("/dev/null"), EACCES);
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void says_that_a_descriptor_is_none(void **state)
{
    const char *argv[] = {"true", NULL};
    struct launched child;

    assert_int_equal(launch(&(struct launch){"true", words(argv), NULL, (int[]){0, 1, -1}, 3}, &child),
                     EBADF);
}

/* Not even one to report the error. */
static void says_that_there_are_no_descriptors(void **state)
{
    int taken[256], n = 0, fd;
    struct rlimit before, low;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = (struct rlimit){64, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    while ((fd = dup(STDERR_FILENO)) >= 0)
        taken[n++] = fd;
    for (int free_ones = 0; free_ones < 4; free_ones++) {
        assert_int_equal(error_of("true"), EMFILE);
        close(taken[--n]);
    }
    while (n)
        close(taken[--n]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void the_environment_is_ours_or_what_is_given(void **state)
{
    char variable[] = "POSTERN_TEST_GIVEN=2", *given[] = {variable, NULL};

    setenv("POSTERN_TEST_OURS", "1", 1);
    CHECK_OUTPUT("echo $POSTERN_TEST_OURS$POSTERN_TEST_GIVEN", NULL, "1\n");
    CHECK_OUTPUT("echo $POSTERN_TEST_OURS$POSTERN_TEST_GIVEN", given, "2\n");
    unsetenv("POSTERN_TEST_OURS");
}

/* Except 32 and 33: the C library reserves them. */
static void signals_are_as_the_system_has_them(void **state)
{
    sigset_t set, before;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &before);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    CHECK_OUTPUT(
        "while read name value; do case $name in SigBlk:|SigIgn:) echo $((0x$value & ~0x180000000));; esac; "
        "done </proc/self/status",
        NULL, "0\n0\n");
    signal(SIGPIPE, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void it_and_its_own_are_killed_as_a_group(void **state)
{
    const char *argv[] = {"sh", "-c", "sleep 600 & echo; wait", NULL};
    int tube[2];
    struct launched child;
    struct pollfd polled;
    char byte;

    open_pipe(tube);
    assert_int_equal(launch(&(struct launch){"sh", words(argv), NULL, (int[]){0, tube[1], 2}, 3}, &child), 0);
    close(tube[1]);
    assert_int_equal(read(tube[0], &byte, 1), 1);
    polled = (struct pollfd){child.fd, POLLIN, 0};
    assert_int_equal(poll(&polled, 1, 0), 0);
    assert_int_equal(kill(-child.pid, SIGKILL), 0);
    assert_int_equal(poll(&polled, 1, -1), 1);
    assert_int_equal(read(tube[0], &byte, 1), 0); /* sleep held it, too */
    close(tube[0]);
    reap(&child);
}

/* A process between us and the program, which ends as soon as the program runs. */
static void it_dies_with_its_launcher(void **state)
{
    const char *argv[] = {"sleep", "600", NULL};
    int tube[2];
    struct launched child;
    char byte;
    pid_t between;

    open_pipe(tube);
    between = fork();
    if (between == 0)
        _exit(launch(&(struct launch){"sleep", words(argv), NULL, (int[]){0, tube[1], 2}, 3}, &child));
    close(tube[1]);
    assert_int_equal(waitpid(between, NULL, 0), between);
    assert_int_equal(read(tube[0], &byte, 1), 0);
    close(tube[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_come_in_order_and_no_others),
        cmocka_unit_test(says_why_there_is_no_program_and_leaves_nothing),
        cmocka_unit_test(says_that_a_descriptor_is_none),
        cmocka_unit_test(says_that_there_are_no_descriptors),
        cmocka_unit_test(the_environment_is_ours_or_what_is_given),
        cmocka_unit_test(signals_are_as_the_system_has_them),
        cmocka_unit_test(it_and_its_own_are_killed_as_a_group),
        cmocka_unit_test(it_dies_with_its_launcher),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
