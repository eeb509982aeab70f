#include "sys/scratch.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { MAX_BYTES = 1 << 20, NO_NAMESPACES = 77 };

static const struct identity nobody = {65534, 65534};
static char directory[] = "/tmp/postern-test-XXXXXX";

static int in_a_process(int (*body)(void))
{
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(body());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool put(const char *name, size_t bytes)
{
    struct buf path = {0};
    char block[4096] = {0};
    bool done = true;
    int fd;

    buf_add_format(&path, "%s/%s", directory, name);
    fd = open(buf_c_str(&path), O_CREAT | O_WRONLY, 0600);
    buf_fini(&path);
    for (size_t n = 0; done && n < bytes; n += sizeof block)
        done = write(fd, block, sizeof block) == sizeof block;
    close(fd);
    return done;
}

static int use_scratch(void)
{
    struct identity own = geteuid() == 0 ? nobody : (struct identity){getuid(), getgid()};

    if (!scratch_mount(directory, MAX_BYTES, &own))
        return NO_NAMESPACES;
    if (!privileges_drop(&own, PRIVILEGES_NONE))
        return 1;
    if (!put("small", 4096))
        return 2;
    return put("large", MAX_BYTES * 2) || errno != ENOSPC ? 3 : 0;
}

static int use_scratch_without_root(void)
{
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(nobody.gid) != 0 || setuid(nobody.uid) != 0))
        return 1;
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* as in a process that was never root */
    return use_scratch();
}

static bool is_empty(void)
{
    return rmdir(directory) == 0 && mkdir(directory, 0700) == 0;
}

static void is_bounded_and_gone_with_its_process(void **state)
{
    int status = in_a_process(use_scratch);

    if (status == NO_NAMESPACES)
        skip();
    assert_int_equal(status, 0);
    assert_true(is_empty());
}

static void needs_no_root_where_users_may_have_namespaces(void **state)
{
    int status;

    chmod(directory, 0755);
    status = in_a_process(use_scratch_without_root);
    if (status == NO_NAMESPACES)
        skip();
    assert_int_equal(status, 0);
    assert_true(is_empty());
}

static int make_one_and_leave_something_in_it(void)
{
    struct buf path = {0};
    bool made = scratch_make_directory(&path, directory);

    buf_add(&path, SPAN("/link"));
    made = made && symlink("..", buf_c_str(&path)) == 0;
    buf_fini(&path);
    return made ? 0 : 1;
}

static void what_a_dead_process_left_is_removed_but_links_are_not_followed(void **state)
{
    struct buf path = {0};

    assert_int_equal(in_a_process(make_one_and_leave_something_in_it), 0);
    assert_false(is_empty());
    assert_true(put("kept", 4096));
    assert_true(scratch_make_directory(&path, directory));
    assert_int_equal(rmdir(buf_c_str(&path)), 0);
    buf_clear(&path);
    buf_add_format(&path, "%s/kept", directory);
    assert_int_equal(unlink(buf_c_str(&path)), 0);
    assert_true(is_empty());
    buf_fini(&path);
}

static int make_another(void)
{
    struct buf path = {0};
    bool made = scratch_make_directory(&path, directory) && rmdir(buf_c_str(&path)) == 0;

    buf_fini(&path);
    return made ? 0 : 1;
}

/* As when one loader takes over from another. */
static void a_live_process_keeps_its_directory(void **state)
{
    struct buf path = {0};

    assert_true(scratch_make_directory(&path, directory));
    assert_int_equal(in_a_process(make_another), 0);
    assert_int_equal(access(buf_c_str(&path), F_OK), 0);
    assert_int_equal(rmdir(buf_c_str(&path)), 0);
    buf_fini(&path);
}

static int make_directory(void **state)
{
    log_set_level(LOG_LEVEL_ERROR);
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_bounded_and_gone_with_its_process),
        cmocka_unit_test(needs_no_root_where_users_may_have_namespaces),
        cmocka_unit_test(what_a_dead_process_left_is_removed_but_links_are_not_followed),
        cmocka_unit_test(a_live_process_keeps_its_directory),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
