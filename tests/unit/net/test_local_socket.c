#include "net/local_socket.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[32], path[64];

static int make_directory(void **state)
{
    strcpy(directory, "/tmp/local-socket-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/control", directory);
    return 0;
}

static int remove_directory(void **state)
{
    unlink(path);
    return rmdir(directory);
}

static void await(int fd)
{
    assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 5000), 1);
}

static void identifies_the_peer(void **state)
{
    int listener = local_listen(path), ours, theirs;
    struct local_peer peer;

    assert_true(listener >= 0);
    assert_int_equal(local_accept(listener, &peer), -1);
    assert_int_equal(errno, EAGAIN);
    ours = local_connect(path);
    await(listener);
    theirs = local_accept(listener, &peer);
    assert_true(theirs >= 0);
    assert_int_equal(peer.pid, getpid());
    assert_int_equal(peer.uid, geteuid());
    assert_true(local_peer_has_group(&peer, getegid()));
    assert_false(local_peer_has_group(&peer, 4711));
    close(ours);
    close(theirs);
    close(listener);
}

static void every_user_can_connect_whatever_the_umask(void **state)
{
    mode_t before = umask(077);
    int listener = local_listen(path);
    struct stat status;

    assert_int_equal(umask(before), 077);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0666);
    close(listener);
}

static void replaces_a_stale_socket_but_not_one_in_use(void **state)
{
    int first = local_listen(path), second;

    assert_int_equal(local_listen(path), -1);
    assert_int_equal(errno, EADDRINUSE);
    close(first);
    assert_int_equal(local_connect(path), -1);
    assert_int_equal(errno, ECONNREFUSED);
    second = local_listen(path);
    assert_true(second >= 0);
    close(second);
}

static void does_not_remove_other_files(void **state)
{
    struct stat status;

    fclose(fopen(path, "w"));
    assert_int_equal(local_listen(path), -1);
    assert_int_equal(stat(path, &status), 0);
}

static void refuses_a_path_that_is_too_long(void **state)
{
    char longer[200];

    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(local_listen(longer), -1);
    assert_int_equal(errno, ENAMETOOLONG);
}

/* A grandchild whose parent is alive, or has ended. */
static void recognises_descendants(void **state)
{
    struct local_peer peer = {.pid = getpid()};
    int tube[2];
    pid_t child, grandchild = 0;

    assert_true(local_peer_is_below(&peer, getpid()));
    assert_false(local_peer_is_below(&(struct local_peer){.pid = getppid()}, getpid()));
    assert_int_equal(pipe(tube), 0);
    child = fork();
    if (child == 0) {
        pid_t below = fork();

        if (below && write(tube[1], &below, sizeof below) != sizeof below)
            _exit(1);
        pause();
    }
    assert_int_equal(read(tube[0], &grandchild, sizeof grandchild), sizeof grandchild);
    assert_true(local_peer_is_below(&(struct local_peer){.pid = child}, getpid()));
    assert_true(local_peer_is_below(&(struct local_peer){.pid = grandchild}, getpid()));
    assert_false(local_peer_is_below(&(struct local_peer){.pid = child}, grandchild));
    kill(grandchild, SIGKILL);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(tube[0]);
    close(tube[1]);
}

static void a_peer_that_has_ended_counts_as_a_descendant(void **state)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    assert_true(local_peer_is_below(&(struct local_peer){.pid = child}, 2));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
    const struct CMUnitTest tests[] = {
        T(identifies_the_peer),
        T(every_user_can_connect_whatever_the_umask),
        T(replaces_a_stale_socket_but_not_one_in_use),
        T(does_not_remove_other_files),
        T(refuses_a_path_that_is_too_long),
        T(recognises_descendants),
        T(a_peer_that_has_ended_counts_as_a_descendant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
