#include "sys/descriptors.h"

#include "tests/unit/in_a_process.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/resource.h>

enum { FIRST = 20, LAST = 29, BEYOND = 40 };

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static bool closes_on_exec(int fd)
{
    return fcntl(fd, F_GETFD) == FD_CLOEXEC;
}

/* Without close-on-exec, some of them with a gap between. */
static bool open_some(void)
{
    const struct rlimit few = {64, 64};

    return setrlimit(RLIMIT_NOFILE, &few) == 0 && dup2(STDERR_FILENO, FIRST) == FIRST &&
           dup2(STDERR_FILENO, FIRST + 3) == FIRST + 3 && dup2(STDERR_FILENO, LAST) == LAST &&
           dup2(STDERR_FILENO, BEYOND) == BEYOND;
}

static int closes_what_it_is_to_close(void)
{
    EXPECT(open_some());
    EXPECT(descriptors_close_on_exec(FIRST, LAST));
    EXPECT(closes_on_exec(FIRST) && closes_on_exec(FIRST + 3) && closes_on_exec(LAST));
    EXPECT(is_open(BEYOND) && !closes_on_exec(BEYOND));
    EXPECT(descriptors_close(FIRST + 1, LAST - 1));
    EXPECT(is_open(FIRST) && !is_open(FIRST + 3) && is_open(LAST) && is_open(BEYOND));
    EXPECT(descriptors_close_on_exec(LAST, DESCRIPTORS_LAST));
    EXPECT(closes_on_exec(BEYOND) && is_open(STDERR_FILENO) && !closes_on_exec(STDERR_FILENO));
    EXPECT(descriptors_close(FIRST, DESCRIPTORS_LAST));
    EXPECT(!is_open(FIRST) && !is_open(LAST) && !is_open(BEYOND) && is_open(STDERR_FILENO));
    return 0;
}

/* Makes close_range fail with this error, always or only with a flag: as before Linux 5.9, and before
 * 5.11. */
static bool refuse_close_range(int error, bool with_a_flag)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool is_done = filter &&
                   seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)error), SCMP_SYS(close_range),
                                    with_a_flag, SCMP_A2(SCMP_CMP_NE, 0, 0)) == 0 &&
                   seccomp_load(filter) == 0;

    seccomp_release(filter);
    return is_done;
}

static int without_the_call(void)
{
    EXPECT(refuse_close_range(ENOSYS, false));
    return closes_what_it_is_to_close();
}

static int without_the_flag(void)
{
    EXPECT(refuse_close_range(EINVAL, true));
    return closes_what_it_is_to_close();
}

/* As in a child that may open no path: /proc is not readable. */
static int without_the_call_and_paths(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    EXPECT(filter && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 0) == 0);
    EXPECT(seccomp_load(filter) == 0 && open("/proc/self/fd", O_RDONLY) < 0);
    return without_the_call();
}

static void ranges_are_closed_by_one_call(void **state)
{
    assert_int_equal(in_a_process(closes_what_it_is_to_close), 0);
}

static void and_without_it_by_the_list_of_descriptors(void **state)
{
    assert_int_equal(in_a_process(without_the_call), 0);
    assert_int_equal(in_a_process(without_the_flag), 0);
}

static void and_without_that_list_each_number_is_tried(void **state)
{
    assert_int_equal(in_a_process(without_the_call_and_paths), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_closed_by_one_call),
        cmocka_unit_test(and_without_it_by_the_list_of_descriptors),
        cmocka_unit_test(and_without_that_list_each_number_is_tried),
    };

    return cmocka_run_group_tests_name("descriptors", tests, NULL, NULL);
}
