/* process, program and service: the parts of the parent. */
#include "sys/process.h"
#include "sys/program.h"
#include "sys/service.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[] = "/tmp/postern-test-XXXXXX";

static struct buf path_of(const char *name)
{
    struct buf path = {0};

    buf_add_format(&path, "%s/%s", directory, name);
    return path;
}

static int status_of(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void keeps_only_the_descriptors_it_is_told_to(void **state)
{
    int low = fcntl(STDIN_FILENO, F_DUPFD, 10), high = fcntl(STDIN_FILENO, F_DUPFD, 200);
    pid_t pid = process_fork();

    if (pid == 0) {
        bool done = process_keep_only((int[]){high, low}, 2);
        bool right = is_open(0) && is_open(1) && is_open(2) && is_open(low) && is_open(high);

        for (int fd = 3; fd < 256; fd++)
            right = right && (fd == low || fd == high || !is_open(fd));
        _exit(done && right ? 0 : 1);
    }
    assert_int_equal(status_of(pid), 0);
    close(low);
    close(high);
}

static volatile sig_atomic_t handled;

static void handle(int signal)
{
    handled++;
}

static void a_child_has_none_of_our_signals_handlers_or_masks(void **state)
{
    static const int watched[] = {SIGUSR2};
    int fd = process_signals_open(watched, 1);
    pid_t pid;

    signal(SIGUSR1, handle);
    pid = process_fork();
    if (pid == 0) {
        sigset_t mask;

        sigprocmask(SIG_SETMASK, NULL, &mask);
        _exit(sigismember(&mask, SIGUSR2) || signal(SIGUSR1, SIG_DFL) != SIG_DFL ||
              signal(SIGPIPE, SIG_DFL) != SIG_IGN || getpgrp() != getpid());
    }
    assert_int_equal(status_of(pid), 0);
    assert_int_equal(process_signals_next(fd), 0);
    raise(SIGUSR2);
    assert_int_equal(process_signals_next(fd), SIGUSR2);
    assert_int_equal(process_signals_next(fd), 0);
    close(fd);
}

static void reaps_with_status_or_signal_and_does_not_wait(void **state)
{
    struct process_end end;
    pid_t exits = process_fork(), dies;
    siginfo_t info;

    if (exits == 0)
        _exit(78);
    assert_int_equal(waitid(P_PID, (id_t)exits, &info, WEXITED | WNOWAIT), 0);
    assert_true(process_reap(&end));
    assert_int_equal(end.pid, exits);
    assert_int_equal(end.status, 78);
    assert_int_equal(end.signal, 0);
    dies = process_fork();
    if (dies == 0)
        pause();
    assert_false(process_reap(&end));
    kill(dies, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)dies, &info, WEXITED | WNOWAIT), 0);
    assert_true(process_reap(&end));
    assert_int_equal(end.status, -1);
    assert_int_equal(end.signal, SIGKILL);
}

/* Its exit status says whether descriptor 5 is the one it was given and 6 is closed. */
static void a_program_gets_its_one_descriptor(void **state)
{
    const char *argv[] = {"sh", "-c", "read word <&5 && test \"$word\" = hello && ! test -e /proc/self/fd/6",
                          NULL};
    int tube[2];
    pid_t pid;

    assert_int_equal(pipe2(tube, O_CLOEXEC), 0);
    assert_int_equal(write(tube[1], "hello\n", 6), 6);
    pid = process_fork();
    if (pid == 0) {
        dup2(tube[1], 6);
        program_execute("/bin/sh", argv, tube[0], 5);
        _exit(99);
    }
    close(tube[0]);
    close(tube[1]);
    assert_int_equal(status_of(pid), 0);
}

static void looks_for_a_program_beside_this_one_first(void **state)
{
    struct buf path = {0};

    program_find(&path, "/usr/libexec/postern", "test_process");
    assert_int_equal(access(buf_c_str(&path), X_OK), 0);
    buf_clear(&path);
    program_find(&path, "/usr/libexec/postern", "no-such-program");
    assert_string_equal(buf_c_str(&path), "/usr/libexec/postern/no-such-program");
    buf_fini(&path);
}

static void the_pid_file_is_new_and_follows_no_link(void **state)
{
    struct buf path = path_of("pid"), victim = path_of("victim");
    char text[32] = {0};
    struct stat status;
    FILE *file;

    fclose(fopen(buf_c_str(&victim), "w"));
    assert_int_equal(symlink(victim.p, buf_c_str(&path)), 0);
    assert_true(service_write_pid(path.p));
    assert_int_equal(stat(victim.p, &status), 0);
    assert_int_equal(status.st_size, 0);
    file = fopen(path.p, "r");
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_int_equal(strtol(text, NULL, 10), getpid());
    service_remove_pid(path.p);
    assert_int_equal(access(path.p, F_OK), -1);
    unlink(victim.p);
    buf_fini(&path);
    buf_fini(&victim);
}

static void tells_the_service_manager_where_it_listens(void **state)
{
    struct buf path = path_of("notify");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    char got[32];

    snprintf(address.sun_path, sizeof address.sun_path, "%s", buf_c_str(&path));
    assert_int_equal(bind(manager, (struct sockaddr *)&address, sizeof address), 0);
    unsetenv("NOTIFY_SOCKET");
    service_notify("READY=1");
    assert_int_equal(recv(manager, got, sizeof got, 0), -1);
    setenv("NOTIFY_SOCKET", path.p, 1);
    service_notify("READY=1");
    assert_int_equal(recv(manager, got, sizeof got, 0), 7);
    assert_memory_equal(got, "READY=1", 7);
    unsetenv("NOTIFY_SOCKET");
    unlink(path.p);
    close(manager);
    buf_fini(&path);
}

static int make_directory(void **state)
{
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_only_the_descriptors_it_is_told_to),
        cmocka_unit_test(a_child_has_none_of_our_signals_handlers_or_masks),
        cmocka_unit_test(reaps_with_status_or_signal_and_does_not_wait),
        cmocka_unit_test(a_program_gets_its_one_descriptor),
        cmocka_unit_test(looks_for_a_program_beside_this_one_first),
        cmocka_unit_test(the_pid_file_is_new_and_follows_no_link),
        cmocka_unit_test(tells_the_service_manager_where_it_listens),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
